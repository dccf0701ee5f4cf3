// One trial of isolation: a drawn router under RouterControl, changes by transactions, and drawn frames between them. No
// frame may leave by an interface that the configuration does not lead it to.
import type { RouterControl } from '../../src/control/live/index.ts';
import { RouterControl as Control } from '../../src/control/live/index.ts';
import type { LabelModel, RouteModel, RouterModel } from '../../src/control/model.ts';
import { type CompiledRouter, compileRouter } from '../../src/control/router.ts';
import { Forwarder, type ForwarderOptions } from '../../src/engine/forwarder.ts';
import { ShimlineError } from '../../src/errors.ts';
import type { Batch } from '../../src/wire/batch.ts';
import { type DrawnConfig, drawConfig, readConfig, yamlOf } from './config.ts';
import { behindLink, hexOf } from './frame.ts';
import { FrameMaker } from './frames.ts';
import { Oracle } from './isolation-oracle.ts';
import { damage, resize } from './mutate.ts';
import { Random } from './random.ts';
import type { Keys } from './sketch.ts';

/** What trials have seen, so that a test can tell whether they have seen enough. */
export interface IsolationTally {
  trials: number;
  rejected: number;
  arrived: number;
  sent: number;
  /** Of frames sent: those whose cause is known by the mark in them. */
  marked: number;
  /** That left by an interface of another table than they came by. */
  crossed: number;
  transactions: number;
  rebuilds: number;
}

export function newTally(): IsolationTally {
  return { trials: 0, rejected: 0, arrived: 0, sent: 0, marked: 0, crossed: 0, transactions: 0, rebuilds: 0 };
}

const engines: readonly ForwarderOptions[] = [{}, { kernels: false }, { slowOnly: true }];
const rounds = 6;
const framesPerBatch = 60;
/** In front of a frame's number, at its end. */
const mark = [0xc5, 0x3a, 0x5c, 0xa3];

interface Arrived {
  readonly port: string;
  readonly bytes: Uint8Array;
  readonly oracle: Oracle;
  allowed?: ReadonlySet<string>;
}

function allowedOf(arrived: Arrived): ReadonlySet<string> {
  arrived.allowed ??= arrived.oracle.allowed(arrived.port, arrived.bytes);
  return arrived.allowed;
}

function markAt(bytes: Uint8Array): number {
  for (let at = bytes.length - 8; at >= 0; at--) if (mark.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}

/** The router of a trial: its control, the entries that are there, and what forwards. */
class Trial {
  readonly control: RouterControl;
  readonly random: Random;
  readonly #drawn: DrawnConfig;
  readonly #whole: RouterModel;
  readonly #routes = new Map<number, RouteModel>();
  readonly #labels = new Map<number, LabelModel>();
  readonly #base: { readonly routes: readonly RouteModel[]; readonly labels: readonly LabelModel[] };
  readonly #options: ForwarderOptions;
  readonly #tally: IsolationTally;
  #forwarder: Forwarder;
  #batch: Batch;
  #oracle: Oracle;
  #sent: { port: string; bytes: Uint8Array }[] = [];
  #isRebuilt = false;
  #seconds = 1_000_000;

  constructor(seed: number, drawn: DrawnConfig, whole: RouterModel, tally: IsolationTally) {
    this.random = new Random(~seed);
    this.#drawn = drawn;
    this.#whole = whole;
    this.#tally = tally;
    this.#options = engines[seed % engines.length] as ForwarderOptions;
    const some = <T>(list: readonly T[]) => list.filter(() => this.random.chance(0.6));
    this.#base = { routes: some(whole.routes), labels: some(whole.labels) };
    this.control = new Control({ ...whole, ...this.#base }, { live: false, publish: () => this.#noteRebuild() });
    this.#forwarder = this.#newForwarder();
    this.#batch = this.#forwarder.newBatch();
    this.#oracle = this.#newOracle();
  }

  #noteRebuild(): void {
    this.#isRebuilt = true;
  }

  #newForwarder(): Forwarder {
    const add = (port: number, bytes: Uint8Array, start: number, captured: number) =>
      void this.#sent.push({
        port: this.control.portNames[port] as string,
        bytes: bytes.slice(start, start + captured),
      });
    return new Forwarder(this.control.tables, { transmit: add, drop: () => {}, punt: () => {} }, this.#options);
  }

  #newOracle(): Oracle {
    const { interfaces, vrfs } = this.control.configModel();
    return new Oracle({
      model: { ...this.#whole, interfaces, vrfs },
      routes: [...this.#base.routes, ...this.#routes.values()],
      labels: [...this.#base.labels, ...this.#labels.values()],
      bindings: this.control.bindings(),
    });
  }

  #transact(changes: readonly object[]): boolean {
    const { ok } = this.control.transact({ changes });
    if (ok) this.#tally.transactions++;
    return ok;
  }

  /** Entries of one kind that come and go, those of the configuration apart. */
  #toggle<Model>(
    kind: 'route' | 'label',
    keys: readonly Keys[],
    models: readonly Model[],
    base: readonly Model[],
    present: Map<number, Model>,
  ): void {
    const { random } = this;
    const free = models.map((_, i) => i).filter((i) => !base.includes(models[i] as Model));
    const chosen = free.filter(() => random.chance(0.4));
    const keyOf = ({ vrf, prefix, label }: Keys) => (kind === 'label' ? { label } : { vrf, prefix });
    const changes = chosen.map((i) =>
      present.has(i) ? { op: 'delete', [kind]: keyOf(keys[i] as Keys) } : { op: 'add', [kind]: keys[i] },
    );
    if (!this.#transact(JSON.parse(JSON.stringify(changes)) as object[])) return;
    for (const i of chosen) if (!present.delete(i)) present.set(i, models[i] as Model);
  }

  /** An interface goes over to another VRF. */
  #move(): void {
    const { random } = this;
    const names = this.control.configModel().interfaces.flatMap(({ name, role }) => (role === 'routed' ? [name] : []));
    const name = random.pick(names);
    const { vrf: _, ...rest } = this.#drawn.interfaces[name] as Keys;
    const vrf = random.pick([undefined, ...this.#whole.vrfs.map((each) => each.name)]);
    this.#transact([{ op: 'replace', interface: { name, ...rest, ...(vrf !== undefined && { vrf }) } }]);
  }

  change(): void {
    const { routes, labels } = this.#drawn;
    this.#toggle('route', routes, this.#whole.routes, this.#base.routes, this.#routes);
    this.#toggle('label', labels, this.#whole.labels, this.#base.labels, this.#labels);
    if (this.random.chance(0.3)) this.#move();
    this.#oracle = this.#newOracle();
    if (!this.#isRebuilt) return;
    this.#isRebuilt = false;
    this.#tally.rebuilds++;
    // What waited for neighbours goes with the tables of before.
    this.#forwarder = this.#newForwarder();
    this.#batch = this.#forwarder.newBatch();
  }

  /** Labels that lead somewhere, whoever they belong to. */
  get labelsInUse(): number[] {
    return [
      ...this.control.bindings().map(({ label }) => label),
      ...this.#base.labels.map(({ label }) => label),
      ...this.#whole.pseudowires.map(({ localLabel }) => localLabel),
    ];
  }

  /** Frames arrive in one batch; answers who is to blame for what, if anybody. */
  run(frames: readonly { port: number; bytes: Uint8Array; original: number }[], all: Arrived[]): string | undefined {
    const batch = this.#batch;
    const first = all.length;
    batch.clear();
    this.#sent = [];
    for (const { port, bytes, original } of frames) {
      const number = all.length;
      const at = markAt(bytes);
      if (at >= 0) new DataView(bytes.buffer, bytes.byteOffset).setUint32(at + 4, number);
      const start = batch.add(port, bytes.length, original, this.#seconds, 0);
      if (start < 0) break;
      batch.bytes.set(bytes, start);
      all.push({ port: this.control.portNames[port] as string, bytes: bytes.slice(), oracle: this.#oracle });
    }
    this.#seconds++;
    this.#forwarder.process(batch);
    this.#tally.arrived += all.length - first;
    for (const { port, bytes } of this.#sent) {
      const wrong = this.#judge(port, bytes, all, first);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #judge(port: string, bytes: Uint8Array, all: readonly Arrived[], first: number): string | undefined {
    this.#tally.sent++;
    const candidates = this.#oracle.sentBy(port, bytes);
    const may = (cause: Arrived) => candidates.some((name) => allowedOf(cause).has(name));
    const at = markAt(bytes);
    const number = at < 0 ? all.length : new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 4);
    const cause = all[number];
    if (cause !== undefined) {
      this.#tally.marked++;
      this.#noteCrossing(cause, candidates);
      if (may(cause)) return undefined;
      return this.#tell(port, bytes, candidates, [cause]);
    }
    // Requests, replies and fragments without the mark: one of the frames of this batch has to be the cause, or one that
    // has waited and is in it as it came.
    if (all.slice(first).some(may)) return undefined;
    const tail = Buffer.from(bytes.subarray(Math.max(14, bytes.length - 16)));
    if (all.slice(0, first).some((each) => Buffer.from(each.bytes).includes(tail) && may(each))) return undefined;
    return this.#tell(port, bytes, candidates, all.slice(first));
  }

  #noteCrossing(cause: Arrived, candidates: readonly string[]): void {
    const tableOf = new Map(this.control.state.model.interfaces.map(({ name, vrf }) => [name, vrf]));
    const from = cause.oracle.interfaceOf(cause.port, cause.bytes)?.name ?? '';
    if (candidates.some((name) => tableOf.get(name) !== tableOf.get(from))) this.#tally.crossed++;
  }

  #tell(port: string, bytes: Uint8Array, candidates: readonly string[], causes: readonly Arrived[]): string {
    const because = causes
      .slice(0, 5)
      .map(
        (each) => `  ${each.port} (may leave by ${[...allowedOf(each)].join(', ') || 'nothing'}): ${hexOf(each.bytes)}`,
      );
    const config = yamlOf({
      ...this.#drawn,
      routes: this.#drawn.routes.filter((_, i) =>
        this.#isThere(this.#whole.routes, this.#base.routes, this.#routes, i),
      ),
      labels: this.#drawn.labels.filter((_, i) =>
        this.#isThere(this.#whole.labels, this.#base.labels, this.#labels, i),
      ),
    });
    const bindings = this.control.bindings().map(({ label, owner }) => `${label} ${owner}`);
    return [
      `left by ${candidates.join(' or ') || 'no interface'} of ${port}: ${hexOf(bytes)}`,
      'because of',
      ...because,
      config,
      `interfaces now: ${JSON.stringify(this.control.configModel().interfaces.map(({ name, vrf }) => `${name} ${vrf ?? 'global'}`))}`,
      `labels: ${bindings.join(', ')}`,
    ].join('\n');
  }

  #isThere<Model>(models: readonly Model[], base: readonly Model[], present: ReadonlyMap<number, Model>, i: number) {
    return base.includes(models[i] as Model) || present.has(i);
  }
}

/** Frames as the test of both speeds draws them, with marks, and with labels that are in use put in place of others. */
function* drawFrames(maker: FrameMaker, trial: Trial) {
  const { random } = trial;
  const inUse = trial.labelsInUse;
  for (let i = 0; i < framesPerBatch; i++) {
    const { port, bytes: drawn } = maker.next();
    const bytes = drawn.slice();
    const { at, type } = behindLink(bytes);
    if (type === 0x8847 && inUse.length > 0 && at + 4 < bytes.length && random.chance(0.4)) {
      const label = random.pick(inUse);
      bytes[at] = label >>> 12;
      bytes[at + 1] = (label >>> 4) & 255;
      bytes[at + 2] = ((label & 15) << 4) | ((bytes[at + 2] as number) & 15);
    }
    if (bytes.length >= 62 && random.chance(0.85)) bytes.set(mark, bytes.length - 8);
    if (random.chance(0.8)) yield { port, bytes, original: bytes.length };
    else yield { port, ...resize(damage(bytes, maker.next().bytes, random), random) };
  }
}

function open(
  seed: number,
  drawn: DrawnConfig,
  tally: IsolationTally,
): { trial: Trial; router: CompiledRouter } | undefined {
  try {
    const whole = { ...readConfig(drawn, false), dynamicLabels: { first: 600_000, last: 600_999 } };
    return { trial: new Trial(seed, drawn, whole, tally), router: compileRouter(whole) };
  } catch (error) {
    // What only resolution can find, such as more labels than a packet may get pushed: draw another.
    if (error instanceof ShimlineError) return undefined;
    throw error;
  }
}

/** Throws with the configuration and the frames when one has left where it may not. */
export function runIsolationTrial(seed: number, tally: IsolationTally): void {
  const drawn = drawConfig(seed);
  const opened = Object.keys(drawn.vrfs).length < 2 ? undefined : open(seed, drawn, tally);
  if (opened === undefined) {
    tally.rejected++;
    return;
  }
  tally.trials++;
  const { trial, router } = opened;
  const all: Arrived[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round > 0) trial.change();
    // The ports are those of the drawn router all the time.
    const maker = new FrameMaker(router, trial.random);
    const wrong = trial.run([...drawFrames(maker, trial)], all);
    if (wrong !== undefined) throw new Error(`seed ${seed}, round ${round}: ${wrong.slice(0, 20_000)}`);
  }
}
