// The same frames through four forwarders with tables of their own: both speeds, the fast one by its kernels and by its
// passes in TypeScript, the slow path alone, and the slow path explaining. What they say must be the same, byte for byte and in the same order, and so must their books.
import type { RouterModel } from '../../src/control/model.ts';
import { type CompiledRouter, compileRouter } from '../../src/control/router.ts';
import { Accounts } from '../../src/engine/accounts.ts';
import { Counters } from '../../src/engine/counters.ts';
import { createFastPath, type FastPath } from '../../src/engine/fast/fast.ts';
import { Forwarder, type ForwarderOptions } from '../../src/engine/forwarder.ts';
import type { Explanation } from '../../src/engine/output.ts';
import { labelEntryWords, labelKey } from '../../src/tables/labels.ts';
import { Batch } from '../../src/wire/batch.ts';
import { type Frame, isIpv4Fragment } from './frame.ts';
import { type Listener, Log } from './log.ts';

/** What happens to the routers: a frame arrives, or something goes down or comes back. */
export type Event =
  | { readonly kind: 'frame'; readonly frame: Frame; readonly opensBatch: boolean }
  | { readonly kind: 'turn'; readonly of: 'interface' | 'neighbor'; readonly index: number; readonly up: boolean };

const spare: Batch[] = [];
/** Room for the accounts of a contestant, by its name: labels alone take 16 MB. */
const accountRooms = new Map<string, SharedArrayBuffer>();

function roomFor(name: string): SharedArrayBuffer {
  const room = accountRooms.get(name) ?? new SharedArrayBuffer(24 << 20);
  accountRooms.set(name, room);
  return room;
}

class Contestant {
  readonly name: string;
  readonly router: CompiledRouter;
  readonly forwarder: Forwarder;
  readonly log: Log;
  readonly batch: Batch;

  constructor(
    name: string,
    model: RouterModel,
    options: (router: CompiledRouter) => ForwarderOptions,
    listen?: Listener,
  ) {
    this.name = name;
    this.router = compileRouter(model);
    this.log = new Log(listen);
    const accounts = new Accounts(this.router.tables, true, roomFor(name));
    this.forwarder = new Forwarder(this.router.tables, this.log.output, { ...options(this.router), accounts });
    this.batch = this.forwarder.newBatch();
  }

  /** The books as one list of numbers. */
  books(): number[] {
    const { totals, inFrames, inBytes, outFrames, outBytes, drops, punts } = this.forwarder.counters;
    return [totals, inFrames, inBytes, outFrames, outBytes, drops, punts].flatMap((each) => [...each]);
  }
}

/** What the accounts of a forwarder say, as one list; and they begin anew. */
function takeAccounts({ router, forwarder }: Contestant): number[] {
  const { accounts } = forwarder;
  if (accounts === undefined) throw new Error('there are no accounts');
  const { labels, routes, paths, interfacesIn, interfacesOut, circuitsIn, circuitsOut, floods } = accounts;
  const others = [routes, paths, interfacesIn, interfacesOut, circuitsIn, circuitsOut, floods];
  const { entries } = router.tables.labels;
  const said = others.flatMap((each) => [...each]);
  for (let at = labelEntryWords; at < entries.length; at += labelEntryWords) {
    const place = 2 * labelKey(entries[at + 5] as number);
    said.push(labels[place] as number, labels[place + 1] as number);
    labels.fill(0, place, place + 2);
  }
  for (const each of others) each.fill(0);
  return said;
}

function load(batch: Batch, frames: readonly Frame[]): void {
  batch.clear();
  for (const { port, bytes, original, seconds, nanoseconds } of frames) {
    const start = batch.add(port, bytes.length, original, seconds, nanoseconds);
    if (start < 0) throw new RangeError('more frames than a batch holds');
    batch.bytes.set(bytes, start);
  }
}

export class Contest {
  readonly both: Contestant;
  readonly kernels: Contestant;
  readonly slow: Contestant;
  readonly explaining: Contestant;
  readonly #probe: FastPath;
  readonly #probeBatch = spare.pop() ?? new Batch();
  /** Frames that the fast path would have sent, had it met the batches alone. */
  fastFrames = 0;
  /** Fragments beyond the first. */
  fragments = 0;
  /** Accounts that had anything to say. */
  accounted = 0;
  #frames = 0;
  /** By number of the arriving frame: how often its own end was told. */
  #ends: number[] = [];
  #fault: string | undefined;

  constructor(model: RouterModel) {
    this.both = new Contestant('both speeds', model, () => ({ kernels: false }));
    this.kernels = new Contestant('both speeds, by kernels', model, () => ({}));
    this.slow = new Contestant('slow path alone', model, () => ({ slowOnly: true }));
    this.explaining = new Contestant(
      'explaining',
      model,
      (router) => ({ explain: router.names }),
      (...happened) => this.#judge(...happened),
    );
    const { tables } = this.both.router;
    this.#probe = createFastPath(tables, new Counters(tables.interfaces.portCount), this.#probeBatch);
  }

  get #contestants(): readonly Contestant[] {
    return [this.both, this.kernels, this.slow, this.explaining];
  }

  /** Gives its own batch back for the next contest. */
  close(): void {
    spare.push(this.#probeBatch);
  }

  turn(of: 'interface' | 'neighbor', index: number, up: boolean): void {
    for (const { router } of this.#contestants) {
      const { interfaces, adjacencies } = router.tables;
      if (of === 'interface') interfaces.setUp(index, up);
      else if (index < adjacencies.count) adjacencies.setUp(index, up);
    }
  }

  /** Runs one batch. Answers what is wrong, or undefined. */
  run(frames: readonly Frame[]): string | undefined {
    this.fastFrames += this.probe(frames).filter(Boolean).length;
    this.#frames += frames.length;
    for (const { log, batch, forwarder } of this.#contestants) {
      log.clear();
      load(batch, frames);
      forwarder.process(batch);
    }
    return this.#difference();
  }

  /** The end of the input. */
  finish(): string | undefined {
    for (const { log, forwarder } of this.#contestants) {
      log.clear();
      forwarder.finish();
    }
    return this.#difference() ?? this.#unended() ?? this.#otherAccounts();
  }

  /** Which of the frames the fast path would send now; at most a batch of them. */
  probe(frames: readonly Frame[]): boolean[] {
    const batch = this.#probeBatch;
    load(batch, frames);
    for (let from = 0; from < batch.count; ) from = this.#probe.run(from, batch.count);
    return frames.map((_, slot) => batch.egress[slot] !== 0);
  }

  #difference(): string | undefined {
    const { both, kernels, slow, explaining } = this;
    for (const each of [both, kernels, explaining]) {
      if (!each.log.equals(slow.log)) return this.#tell(each, slow);
      const [books, others] = [each.books(), slow.books()];
      const at = books.findIndex((value, i) => value !== others[i]);
      if (at >= 0) return `counter ${at}: ${each.name} ${books[at]}, ${slow.name} ${others[at]}`;
    }
    if (!slow.forwarder.counters.balanced) return 'the books do not balance';
    return this.#fault ?? this.#otherFastPath();
  }

  #otherAccounts(): string | undefined {
    const [both, kernels, slow, explaining] = this.#contestants.map(takeAccounts) as [
      number[],
      number[],
      number[],
      number[],
    ];
    for (const [name, said] of Object.entries({ both, kernels, explaining })) {
      const at = slow.findIndex((value, i) => value !== said[i]);
      if (at >= 0) return `account ${at}: ${name} ${said[at]}, slow path alone ${slow[at]}`;
    }
    this.accounted += slow.filter((value) => value > 0).length;
    return undefined;
  }

  /** The kernels take the very frames that the passes in TypeScript take. */
  #otherFastPath(): string | undefined {
    const [ours, theirs] = [this.both.batch, this.kernels.batch];
    for (let slot = 0; slot < ours.count; slot++) {
      if (ours.egress[slot] !== theirs.egress[slot])
        return `slot ${slot}: egress ${ours.egress[slot]}, by kernels ${theirs.egress[slot]}`;
    }
    return undefined;
  }

  /** The first lines that differ. */
  #tell(one: Contestant, other: Contestant): string {
    const [ours, theirs] = [one, other].map((each) => each.log.lines(each.router.portNames)) as [string[], string[]];
    const at = ours.findIndex((line, i) => line !== theirs[i]);
    const first = at < 0 ? ours.length : at;
    const from = (lines: string[]) =>
      lines
        .slice(first, first + 3)
        .map((line) => `    ${line}`)
        .join('\n') || '    nothing more';
    return `  ${one.name}:\n${from(ours)}\n  ${other.name}:\n${from(theirs)}`;
  }

  /** One thing that the explaining forwarder did. */
  #judge(sent: boolean, bytes: Uint8Array, start: number, captured: number, why: Explanation | undefined): void {
    if (why === undefined || why.steps.length === 0 || why.steps.some((step) => step === '')) {
      this.#fault ??= `an explanation without steps: ${JSON.stringify(why)}`;
      return;
    }
    if (why.frame < 1 || why.frame > this.#frames)
      this.#fault ??= `an explanation about frame ${why.frame} of ${this.#frames}`;
    if (!why.made) this.#ends[why.frame] = (this.#ends[why.frame] ?? 0) + 1;
    else if (sent && isIpv4Fragment(bytes.subarray(0, start + captured), start)) this.fragments++;
  }

  /** At the end every frame that arrived has ended once; where floods made copies, at least once. */
  #unended(): string | undefined {
    const { copied } = this.explaining.forwarder.counters;
    for (let number = 1; number <= this.#frames; number++) {
      const ends = this.#ends[number] ?? 0;
      if (ends < 1 || (ends > 1 && copied === 0)) return `frame ${number} has ended ${ends} times`;
    }
    return undefined;
  }
}

/** Plays the events from the start; answers what is wrong, or undefined. An exception is wrong too. */
export function play(contest: Contest, events: Iterable<Event>): string | undefined {
  let batch: Frame[] = [];
  const flush = () => {
    const frames = batch;
    batch = [];
    return frames.length === 0 ? undefined : contest.run(frames);
  };
  let wrong: string | undefined;
  try {
    for (const event of events) {
      if (event.kind === 'turn' || event.opensBatch) wrong = flush();
      if (wrong !== undefined) return wrong;
      if (event.kind === 'turn') contest.turn(event.of, event.index, event.up);
      else batch.push(event.frame);
    }
    return flush() ?? contest.finish();
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
