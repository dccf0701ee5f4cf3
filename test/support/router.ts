// A router in memory for tests: a configuration in, frames in, everything that happened out.
// Every call runs the frames through three engines with tables of their own, and insists on the same result: one
// behaviour suite over the fast path's kernels, its passes in TypeScript, and the slow path alone.
import { expect } from 'vitest';
import { parseConfig } from '../../src/control/config/index.ts';
import type { RouterModel } from '../../src/control/model.ts';
import { type CompiledRouter, compileRouter } from '../../src/control/router.ts';
import { Forwarder, type ForwarderOptions } from '../../src/engine/forwarder.ts';
import type { Output } from '../../src/engine/output.ts';
import { type DropName, dropReasons, type PuntName, puntReasons } from '../../src/engine/reasons.ts';
import { type IpAddress, parseAddress } from '../../src/wire/address.ts';
import type { Batch } from '../../src/wire/batch.ts';

export interface Sent {
  readonly port: string;
  readonly bytes: readonly number[] | Uint8Array;
  /** Length on the wire when the capture cut the frame; default: all of it. */
  readonly original?: number;
  /** Seconds since 1970, with a fraction if you like (kept to the nanosecond below 2^20 s); default 1. */
  readonly time?: number;
}

export interface Seen {
  readonly port: string;
  readonly bytes: Uint8Array;
  readonly original: number;
  readonly time: number;
}

export interface Result {
  /** In the order in which they left. */
  readonly out: readonly Seen[];
  readonly drops: readonly (Seen & { readonly reason: DropName })[];
  readonly punts: readonly (Seen & { readonly reason: PuntName })[];
  /** The books of this call: in + copied + made = out + punted + dropped + change of held. */
  readonly frames: {
    in: number;
    out: number;
    punted: number;
    dropped: number;
    copied: number;
    made: number;
    held: number;
  };
}

export interface TestRouter {
  /** Frames through the router; state (neighbours, rate limits) stays from call to call. */
  send(...frames: Sent[]): Result;
  /** The end of the input: what still waits for a neighbour is dropped. */
  finish(): Result;
  /** ECMP-3 through the tables' own interface: one write each. */
  setInterfaceUp(name: string, up: boolean): void;
  setNeighborUp(interfaceName: string, address: string, up: boolean): void;
  /** How many words of the tables' memory, of all tables together, are others after `act`. */
  changedWords(act: () => void): number;
  /** What compiling the configuration had to warn about (loops, unusable routes …). */
  readonly warnings: readonly string[];
}

interface Recording {
  out: Seen[];
  drops: (Seen & { reason: DropName })[];
  punts: (Seen & { reason: PuntName })[];
}

const speeds: readonly ForwarderOptions[] = [{}, { kernels: false }, { slowOnly: true }];

/** One of the engines, with what it has done since the last look. */
class Engine {
  readonly router: CompiledRouter;
  readonly forwarder: Forwarder;
  readonly #batch: Batch;
  #recorded: Recording = { out: [], drops: [], punts: [] };
  #books = { in: 0, out: 0, punted: 0, dropped: 0, copied: 0, made: 0, held: 0 };

  constructor(router: CompiledRouter, options: ForwarderOptions) {
    this.router = router;
    this.forwarder = new Forwarder(router.tables, this.#output(), options);
    this.#batch = this.forwarder.newBatch();
  }

  #output(): Output {
    const ports = this.router.portNames;
    const see = (
      port: number,
      bytes: Uint8Array,
      start: number,
      captured: number,
      original: number,
      s: number,
      ns: number,
    ) => ({
      port: ports[port] as string,
      bytes: Uint8Array.from(bytes.subarray(start, start + captured)),
      original,
      time: s + ns / 1e9,
    });
    return {
      transmit: (...[port, bytes, start, captured, original, s, ns]) => {
        this.#recorded.out.push(see(port, bytes, start, captured, original, s, ns));
      },
      drop: (reason, ...[port, bytes, start, captured, original, s, ns]) => {
        const name = dropReasons[reason]?.name as DropName;
        this.#recorded.drops.push({ ...see(port, bytes, start, captured, original, s, ns), reason: name });
      },
      punt: (reason, ...[port, bytes, start, captured, original, s, ns]) => {
        const name = puntReasons[reason]?.name as PuntName;
        this.#recorded.punts.push({ ...see(port, bytes, start, captured, original, s, ns), reason: name });
      },
    };
  }

  send(frames: readonly Sent[]): Result {
    const batch = this.#batch;
    batch.clear();
    for (const frame of frames) this.#add(batch, frame);
    this.forwarder.process(batch);
    return this.#look();
  }

  #add(batch: Batch, frame: Sent): void {
    const port = this.router.portNames.indexOf(frame.port);
    if (port < 0) throw new Error(`no port ${frame.port}`);
    const time = frame.time ?? 1;
    const seconds = Math.floor(time);
    const nanoseconds = Math.round((time - seconds) * 1e9);
    const length = frame.bytes.length;
    const original = frame.original ?? length;
    let start = batch.add(port, length, original, seconds, nanoseconds);
    if (start < 0) {
      this.forwarder.process(batch);
      batch.clear();
      start = batch.add(port, length, original, seconds, nanoseconds);
    }
    batch.bytes.set(frame.bytes, start);
  }

  finish(): Result {
    this.forwarder.finish();
    return this.#look();
  }

  /** What has happened since the last look; the books must balance and agree with what was seen. */
  #look(): Result {
    const { counters } = this.forwarder;
    expect(counters.balanced).toBe(true);
    const now = {
      in: counters.framesIn,
      out: counters.framesOut,
      punted: counters.punted,
      dropped: counters.dropped,
      copied: counters.copied,
      made: counters.made,
      held: counters.held,
    };
    const frames = Object.fromEntries(
      Object.entries(now).map(([key, value]) => [key, value - this.#books[key as keyof typeof now]]),
    ) as Result['frames'];
    this.#books = now;
    const { out, drops, punts } = this.#recorded;
    this.#recorded = { out: [], drops: [], punts: [] };
    expect([out.length, drops.length, punts.length]).toEqual([frames.out, frames.dropped, frames.punted]);
    return { out, drops, punts, frames };
  }
}

function sameFrames(a: readonly (Seen & { reason?: string })[], b: readonly (Seen & { reason?: string })[]): boolean {
  return (
    a.length === b.length &&
    a.every((seen, i) => {
      const other = b[i] as Seen & { reason?: string };
      const same = seen.port === other.port && seen.original === other.original && seen.time === other.time;
      return same && seen.reason === other.reason && Buffer.compare(seen.bytes, other.bytes) === 0;
    })
  );
}

function sameResult(a: Result, b: Result): boolean {
  const books = JSON.stringify(a.frames) === JSON.stringify(b.frames);
  return books && sameFrames(a.out, b.out) && sameFrames(a.drops, b.drops) && sameFrames(a.punts, b.punts);
}

/** Words of the tables that differ after `act`. */
function changedWords({ tables }: CompiledRouter, act: () => void): number {
  const before = new Uint32Array(tables.memory.buffer).slice();
  act();
  const after = new Uint32Array(tables.memory.buffer);
  let changed = 0;
  for (let i = 0; i < after.length; i++) if (after[i] !== before[i]) changed++;
  return changed;
}

/** Opens a router from YAML text, or from a model; throws what a wrong configuration throws. */
export function openRouter(config: string | RouterModel): TestRouter {
  const model = typeof config === 'string' ? parseConfig(config, 'test.yaml') : config;
  const engines = speeds.map((options) => new Engine(compileRouter(model, { forwarders: 1 }), options));
  const [fast] = engines as [Engine];
  const all = (act: (engine: Engine) => Result): Result => {
    const [first, ...others] = engines.map(act) as [Result, ...Result[]];
    // `toEqual` is slow over many thousand frames, so it only words the difference.
    for (const other of others) if (!sameResult(first, other)) expect(first).toEqual(other);
    return first;
  };
  return {
    send: (...frames) => all((engine) => engine.send(frames)),
    finish: () => all((engine) => engine.finish()),
    setInterfaceUp: (name, up) => {
      for (const { router } of engines) {
        router.tables.interfaces.setUp(
          router.model.interfaces.findIndex((each) => each.name === name),
          up,
        );
      }
    },
    setNeighborUp: (interfaceName, address, up) => {
      const { words } = parseAddress(address) as IpAddress;
      for (const { router } of engines) {
        const index = router.model.interfaces.findIndex((each) => each.name === interfaceName);
        router.tables.adjacencies.setUp(router.tables.adjacencies.find(index, words), up);
      }
    },
    changedWords: (act) => changedWords(fast.router, act),
    warnings: fast.router.warnings,
  };
}

/** openRouter, send, finish in one: results of both calls joined. */
export function route(configYaml: string, ...frames: Sent[]): Result {
  const router = openRouter(configYaml);
  const sent = router.send(...frames);
  const finished = router.finish();
  const frameSums = Object.fromEntries(
    Object.entries(sent.frames).map(([key, value]) => [key, value + finished.frames[key as keyof Result['frames']]]),
  ) as Result['frames'];
  return {
    out: [...sent.out, ...finished.out],
    drops: [...sent.drops, ...finished.drops],
    punts: [...sent.punts, ...finished.punts],
    frames: frameSums,
  };
}
