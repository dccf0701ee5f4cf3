// The forwarding threads of a live run without threads: a lead and followers over one block of tables, with rings between
// them and devices that note what leaves. The test says whose turn it is, so it knows in which order frames are treated.
import { parseConfig } from '../../src/control/config/index.ts';
import { compileRouter } from '../../src/control/router.ts';
import { type ForwarderPlace, reserveForwarder } from '../../src/engine/forwarder-memory.ts';
import { Drop, type DropName } from '../../src/engine/reasons.ts';
import { FrameRing, frameRingBytes } from '../../src/io/devices/frame-ring.ts';
import { type LiveDevice, noCounts } from '../../src/io/live-device.ts';
import { Tables } from '../../src/tables/tables.ts';
import { Follower, leftTag } from '../../src/workers/live/follower.ts';
import { type Coming, Lead } from '../../src/workers/live/lead.ts';
import { type Publication, ringDataBytes } from '../../src/workers/live/messages.ts';
import { ThreadBoard } from '../../src/workers/live/thread-board.ts';
import { ThreadPorts } from '../../src/workers/live/thread-ports.ts';
import { memberOf, numberOf } from '../property/bridge-lans.ts';
import type { Bytes } from '../support/frames.ts';

export interface Arrival {
  readonly port: string;
  readonly bytes: Bytes;
  readonly time: bigint;
}

/** Is told the number of each frame when what becomes of it has been decided. */
export type Judge = (number: number) => void;

/** The ring of a follower, which notes what is put in. */
class NotedRing extends FrameRing {
  readonly notes: { readonly left: boolean; readonly number: number }[] = [];

  override put(...all: Parameters<FrameRing['put']>): boolean {
    const [tag, , bytes, start, captured] = all;
    this.notes.push({ left: tag === leftTag, number: numberOf(bytes, start + captured) });
    return super.put(...all);
  }
}

export class LiveThreads {
  /** What has left, in order: the number of the frame, and by which member. */
  readonly sent: { readonly number: number; readonly member: string }[] = [];
  /** Frames that followers forwarded themselves, and those that they left. */
  fast = 0;
  left = 0;
  readonly #config: Record<string, Record<string, unknown>>;
  readonly #slots: ReadonlyMap<string, number>;
  readonly #ports: readonly ThreadPorts[];
  readonly #rings: readonly NotedRing[];
  readonly #setup: ConstructorParameters<typeof Lead>[0];
  #publications: readonly Publication[];
  #lead: Lead;
  #followers: Follower[];
  #coming: { readonly publications: readonly Publication[]; readonly coming: Coming } | undefined;
  /** Of tables that were left: drops by reason. */
  readonly #dropsBefore = new Map<number, number>();

  /** `yaml`: a configuration as JSON, with ports only. */
  constructor(yaml: string, threads: number) {
    this.#config = JSON.parse(yaml) as Record<string, Record<string, unknown>>;
    this.#slots = new Map(Object.keys(this.#config.interfaces ?? {}).map((name, slot) => [name, slot]));
    const board = ThreadBoard.create(threads);
    this.#ports = Array.from({ length: threads }, (_, thread) => new ThreadPorts(thread, board));
    for (const ports of this.#ports) for (const [name, slot] of this.#slots) ports.add(slot, this.#device(name));
    const buffers = Array.from({ length: threads - 1 }, () => new SharedArrayBuffer(frameRingBytes(ringDataBytes)));
    this.#rings = buffers.map((buffer) => new NotedRing(buffer, 0, ringDataBytes));
    this.#setup = {
      ports: this.#ports[0] as ThreadPorts,
      rings: buffers.map((buffer) => new FrameRing(buffer, 0, ringDataBytes)),
      controlOf: () => undefined,
      onEvent: () => {},
    };
    this.#publications = this.#publish();
    this.#lead = this.#goOver();
    this.#followers = this.#newFollowers();
  }

  #device(name: string): LiveDevice {
    return {
      receive: () => 0,
      send: (bytes, start, captured) => {
        this.sent.push({ number: numberOf(bytes, start + captured), member: memberOf(name, bytes, start) });
        return true;
      },
      flush: () => {},
      pending: 0,
      descriptor: -1,
      ended: false,
      readCounts: noCounts,
      close: () => {},
    };
  }

  /** Other tables each time, in which everything has another number. */
  #publish(): Publication[] {
    for (const section of ['interfaces', 'pseudowires', 'bridges']) {
      this.#config[section] = Object.fromEntries(Object.entries(this.#config[section] ?? {}).reverse());
    }
    const threads = this.#ports.length;
    const router = compileRouter(parseConfig(JSON.stringify(this.#config), 'live.yaml'), { forwarders: threads });
    const { tables, model, portNames } = router;
    const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
    return this.#ports.map((_, thread) => ({
      tables: tables.share(),
      place: reserveForwarder(tables, thread) as ForwarderPlace,
      slots: portNames.map((name) => this.#slots.get(name) as number),
      controls: model.interfaces.map(() => -1),
      interfaceNames: names(model.interfaces),
      pseudowireNames: names(model.pseudowires),
      bridgeNames: names(model.bridges),
      puntLimits: [],
    }));
  }

  #goOver(coming?: Coming): Lead {
    const [publication] = this.#publications as [Publication];
    this.#setup.ports.use(publication.slots);
    return new Lead(this.#setup, publication, coming && this.#lead, coming);
  }

  #newFollowers(): Follower[] {
    return this.#rings.map((ring, i) => {
      const { tables, place, slots } = this.#publications[i + 1] as Publication;
      const ports = this.#ports[i + 1] as ThreadPorts;
      ports.use(slots);
      return new Follower(Tables.open(tables), place, ports, ring);
    });
  }

  /** Frames arrive at a thread, and it has a turn. */
  treat(thread: number, frames: readonly Arrival[], judge: Judge): void {
    const role = thread === 0 ? this.#lead : (this.#followers[thread - 1] as Follower);
    const { batch } = role;
    const { slots } = this.#publications[0] as Publication;
    for (const { port, bytes, time } of frames) {
      const at = slots.indexOf(this.#slots.get(port) as number);
      const nanoseconds = Number(time % 1_000_000_000n);
      const from = batch.add(at, bytes.length, bytes.length, Number(time / 1_000_000_000n), nanoseconds);
      batch.bytes.set(bytes, from);
    }
    const { notes } = this.#rings[thread - 1] ?? { notes: [] };
    const noted = notes.length;
    role.process();
    batch.clear();
    const left = new Set(notes.slice(noted).flatMap((note) => (note.left ? [note.number] : [])));
    if (thread > 0) this.left += left.size;
    if (thread > 0) this.fast += frames.length - left.size;
    for (const { bytes } of frames) {
      const number = numberOf(bytes, bytes.length);
      if (!left.has(number)) judge(number);
    }
  }

  /** The lead treats what followers have left, a batch of each; answers whether there was anything to do. */
  treatAside(judge: Judge): boolean {
    const before = this.#rings.map((ring) => ring.released);
    const busy = this.#lead.treatAside();
    for (const [i, ring] of this.#rings.entries()) {
      const done = ring.notes.splice(0, ring.released - (before[i] as number));
      for (const { left, number } of done) if (left) judge(number);
    }
    return busy;
  }

  /** Until no frame is on its way. The tables that were prepared are gone over to. */
  drain(judge: Judge): void {
    while (this.treatAside(judge));
    if (this.#coming === undefined) return;
    const { publications, coming } = this.#coming;
    while (coming.step());
    this.#coming = undefined;
    this.#addDrops();
    for (const role of [this.#lead, ...this.#followers]) role.asleep();
    this.#publications = publications;
    this.#lead = this.#goOver(coming);
    this.#followers = this.#newFollowers();
    while (this.treatAside(judge));
  }

  /** Other tables: the lead begins to take along what it knows. */
  prepare(): void {
    const publications = this.#publish();
    this.#coming = { publications, coming: this.#lead.comeTo(publications[0] as Publication) };
  }

  #addDrops(): void {
    for (const { counters } of [this.#lead, ...this.#followers]) {
      counters.drops.forEach((count, reason) => {
        this.#dropsBefore.set(reason, (this.#dropsBefore.get(reason) ?? 0) + count);
      });
    }
  }

  drops(reason: DropName): number {
    const now = [this.#lead, ...this.#followers].reduce(
      (sum, { counters }) => sum + (counters.drops[Drop[reason]] ?? 0),
      0,
    );
    return now + (this.#dropsBefore.get(Drop[reason]) ?? 0);
  }

  /** By frame: the members that it has left by, in order. */
  outcomes(count: number): string[][] {
    const seen: string[][] = Array.from({ length: count }, () => []);
    for (const { number, member } of this.sent) seen[number]?.push(member);
    return seen;
  }
}
