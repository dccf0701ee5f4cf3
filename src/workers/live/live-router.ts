// A live run as the control thread sees it: starts the forwarding threads, hands them devices and tables, reads what they
// count, and ends them. Ports and control ports are named; threads know them by slots that last as long as the run.
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Accounts } from '../../engine/accounts.ts';
import { type ForwarderPlace, forwarderBytes, newCounters, reserveForwarder } from '../../engine/forwarder-memory.ts';
import { ShimlineError } from '../../errors.ts';
import { CapPort } from '../../io/devices/cap-device.ts';
import { FrameRing, frameRingBytes } from '../../io/devices/frame-ring.ts';
import { RingDeviceEnd, shareRingDevice } from '../../io/devices/ring-device.ts';
import type { DeviceCounts, DeviceSpec } from '../../io/live-device.ts';
import type { Tables } from '../../tables/tables.ts';
import { WorkerPool } from '../pool.ts';
import { threadFile } from '../thread-file.ts';
import { type LiveBooks, LiveCounters } from './live-counters.ts';
import {
  type ControlPortSpec,
  type FromThread,
  type LiveTask,
  type MacPlace,
  type NeighborEvent,
  type Publication,
  ringDataBytes,
  type Slot,
  type ToThread,
} from './messages.ts';
import { wakeThread } from './sleep.ts';
import { type TapFilter, tapDataBytes } from './tap.ts';
import { slotsMax, ThreadBoard } from './thread-board.ts';

/** How long threads may take to end before they are ended. */
const stopMilliseconds = 900;

/** Tables, and what their numbers are called. */
export interface RouterImage {
  /** With room for a forwarder for each thread: `liveBytes`. */
  readonly tables: Tables;
  readonly portNames: readonly string[];
  readonly interfaceNames: readonly string[];
  readonly pseudowireNames: readonly string[];
  readonly bridgeNames: readonly string[];
  /** Accounts to keep, one for each thread; undefined: none. */
  readonly accounts?: readonly Accounts[] | undefined;
  /** By number of punt reason: frames a second for each interface of arrival. */
  readonly puntLimits: readonly number[];
}

export interface LiveListener {
  /** A sentence about a device, for the log. */
  report(line: string): void;
  event(event: NeighborEvent): void;
  /** The capture behind a port has ended. */
  ended(portName: string): void;
  /** A thread has died: the run is over. */
  lost(error: Error): void;
}

/** Bytes to reserve in the tables' memory for so many threads. */
export function liveBytes(threads: number, ports: number): number {
  return threads * forwarderBytes(ports);
}

interface Thread {
  readonly port: MessagePort;
  /** Called with what the thread says, in the order of the questions. */
  readonly answers: ((message: FromThread) => void)[];
}

/** Copies of frames on their way out of the forwarding threads. */
export interface LiveTap {
  /** By thread. */
  readonly rings: readonly FrameRing[];
  /** What the port of a slot is called. */
  portName(slot: Slot): string;
  /** Threads put no more in. */
  stop(): Promise<void>;
}

/** What is open, by name. */
interface OpenSlot {
  readonly slot: Slot;
  readonly threads: readonly number[];
}

export class LiveRouter {
  readonly #listener: LiveListener;
  readonly #board: ThreadBoard;
  readonly #threads: readonly Thread[];
  readonly #pool: WorkerPool;
  readonly #books = new LiveCounters();
  readonly #ports = new Map<string, OpenSlot>();
  readonly #controls = new Map<string, OpenSlot>();
  readonly #caps = new Map<string, CapPort>();
  #image: RouterImage;
  #slots = 0;
  readonly #slotNames: string[] = [];
  #isTapped = false;
  #publishing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(image: RouterImage, threads: number, listener: LiveListener) {
    this.#listener = listener;
    this.#image = image;
    this.#board = ThreadBoard.create(threads);
    const rings = Array.from({ length: threads - 1 }, () => new SharedArrayBuffer(frameRingBytes(ringDataBytes)));
    const publications = this.#publications(image);
    const channels = Array.from({ length: threads }, () => new MessageChannel());
    const tasks = channels.map(
      ({ port2 }, thread): LiveTask => ({
        thread,
        board: this.#board.shared,
        rings,
        publication: publications[thread],
        port: port2,
      }),
    );
    this.#threads = channels.map(({ port1 }, thread) => this.#listenTo(port1, thread));
    this.#pool = new WorkerPool(threadFile('live/thread'), tasks, {
      lost: (_, error) => this.#lose(error),
      failed: (error) => this.#lose(error),
      transfer: (task) => [(task as LiveTask).port],
    });
  }

  /** Opens the port's device. Rejects with ShimlineError IO when that cannot be; then nothing is open. */
  async openPort(name: string, spec: DeviceSpec): Promise<void> {
    if (spec.kind === 'cap') return this.#openCap(name, spec);
    // Only packet sockets can be shared among threads.
    const threads = spec.kind === 'afpacket' ? this.#threads.map((_, thread) => thread) : [0];
    return this.#open(this.#ports, name, threads, (slot) => ({ kind: 'open', slot, name, spec }));
  }

  /** The ports are open: frames are taken from now on. */
  begin(): void {
    this.#threads.forEach((_, thread) => {
      this.#post(thread, { kind: 'begin' });
    });
  }

  async closePort(name: string): Promise<void> {
    await this.#close(this.#ports, name);
    await this.#caps.get(name)?.close();
    this.#caps.delete(name);
  }

  isOpen(name: string): boolean {
    return this.#ports.has(name);
  }

  openControl(interfaceName: string, spec: ControlPortSpec): Promise<void> {
    return this.#open(this.#controls, interfaceName, [0], (slot) => ({
      kind: 'open-control',
      slot,
      name: interfaceName,
      spec,
    }));
  }

  closeControl(interfaceName: string): Promise<void> {
    return this.#close(this.#controls, interfaceName);
  }

  /** The neighbours on the (sub-)interface shall know that it is there. */
  announce(interfaceName: string): void {
    this.#post(0, { kind: 'announce', interfaceName });
  }

  /**
   * All threads forward by these tables from now on, each from a batch boundary of its own: the lead first, which takes
   * along what has been learned. No frame is lost by it.
   */
  publish(image: RouterImage): Promise<void> {
    this.#publishing = this.#publishing.then(() => this.#publish(image));
    return this.#publishing;
  }

  /** Forgets what bridges have learned; answers how many addresses that were. */
  async flushMacs(place: MacPlace): Promise<number> {
    if (this.#stopped) return 0;
    const said = await this.#ask(0, { kind: 'flush', place }, 'flushed');
    return said.kind === 'flushed' ? said.count : 0;
  }

  get tables(): Tables {
    return this.#image.tables;
  }

  get image(): RouterImage {
    return this.#image;
  }

  books(): LiveBooks {
    return this.#books.read();
  }

  /** What the devices of an open port have counted. */
  deviceCounts(portName: string): DeviceCounts | undefined {
    const open = this.#ports.get(portName);
    return open && this.#board.counts(open.slot);
  }

  controlCounts(interfaceName: string): DeviceCounts | undefined {
    const open = this.#controls.get(interfaceName);
    return open && this.#board.counts(open.slot);
  }

  /** Turns of every thread's loop so far: one that does not turn is stuck. */
  heartbeats(): number[] {
    return this.#threads.map((_, thread) => this.#board.heartbeat(thread));
  }

  /** Begins to copy frames that pass the filter; undefined while that is done for somebody else. */
  async tap(filter: Omit<TapFilter, 'slots'>, ports: readonly string[]): Promise<LiveTap | undefined> {
    if (this.#isTapped || this.#stopped) return undefined;
    this.#isTapped = true;
    // A name that has no slot yet is not captured; no name at all means every port.
    const slots = ports.map((name) => this.#ports.get(name)?.slot ?? -1);
    const buffers = this.#threads.map(() => new SharedArrayBuffer(frameRingBytes(tapDataBytes)));
    const tell = (ring?: readonly SharedArrayBuffer[]) =>
      Promise.all(
        this.#threads.map((_, thread) =>
          this.#ask(thread, { kind: 'tap', ring: ring?.[thread], filter: { ...filter, slots } }, 'tapped'),
        ),
      );
    await tell(buffers);
    return {
      rings: buffers.map((buffer) => new FrameRing(buffer, 0, tapDataBytes)),
      portName: (slot) => this.#slotNames[slot] ?? `slot ${slot}`,
      stop: async () => {
        if (!this.#stopped) await tell();
        this.#isTapped = false;
      },
    };
  }

  /** Ends forwarding: followers first, then the lead, which treats what they have left. Never rejects. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    const followers = this.#threads.map((_, thread) => thread).slice(1);
    await this.#stopThreads(followers);
    await this.#stopThreads([0]);
    await this.#pool.close();
    await Promise.all([...this.#caps.values()].map((cap) => cap.close()));
    for (const { port } of this.#threads) port.close();
  }

  async #stopThreads(threads: readonly number[]): Promise<void> {
    const stopped = Promise.all(threads.map((thread) => this.#ask(thread, { kind: 'stop' }, 'stopped')));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, stopMilliseconds);
    });
    await Promise.race([stopped, late]);
    clearTimeout(timer);
  }

  #publications(image: RouterImage): Publication[] {
    const { tables, portNames, interfaceNames, pseudowireNames, bridgeNames, puntLimits, accounts } = image;
    const places = Array.from({ length: this.#board.shared.threads }, (_, thread) =>
      placeFor(tables, thread, accounts?.[thread]),
    );
    this.#books.begin(
      portNames,
      places.map((place) => newCounters(tables, place)),
    );
    const shared = tables.share();
    return places.map((place) => ({
      tables: shared,
      place,
      slots: portNames.map((name) => this.#ports.get(name)?.slot ?? -1),
      controls: interfaceNames.map((name) => this.#controls.get(name)?.slot ?? -1),
      interfaceNames,
      pseudowireNames,
      bridgeNames,
      puntLimits,
    }));
  }

  async #publish(image: RouterImage): Promise<void> {
    this.#image = image;
    const publications = this.#publications(image);
    const [lead, ...followers] = publications.keys();
    await this.#ask(lead, { kind: 'tables', publication: publications[lead] }, 'switched');
    await Promise.all(
      followers.map((thread) => this.#ask(thread, { kind: 'tables', publication: publications[thread] }, 'switched')),
    );
    this.#books.closeEarlier();
  }

  /** libpcap has its place in this thread; frames pass by rings to the lead. */
  async #openCap(name: string, spec: Extract<DeviceSpec, { kind: 'cap' }>): Promise<void> {
    const share = shareRingDevice();
    const report = (line: string) => this.#listener.report(line);
    const cap = await CapPort.open({ interface: spec.interface, end: new RingDeviceEnd(share), report });
    this.#caps.set(name, cap);
    await this.#open(this.#ports, name, [0], (slot) => ({ kind: 'open', slot, name, spec, share }));
  }

  async #open(
    open: Map<string, OpenSlot>,
    name: string,
    threads: readonly number[],
    message: (slot: Slot) => ToThread,
  ): Promise<void> {
    if (this.#slots === slotsMax) throw new ShimlineError('IO', `${name}: ${slotsMax} devices have been opened`);
    const slot = this.#slots++;
    this.#slotNames[slot] = name;
    open.set(name, { slot, threads });
    this.#retellSlots();
    const said = await Promise.all(threads.map((thread) => this.#ask(thread, message(slot), 'opened', 'failed')));
    const failed = said.find((each) => each.kind === 'failed');
    if (failed === undefined) return;
    await this.#close(open, name);
    throw new ShimlineError('IO', failed.kind === 'failed' ? failed.message : name);
  }

  async #close(open: Map<string, OpenSlot>, name: string): Promise<void> {
    const entry = open.get(name);
    if (entry === undefined) return;
    open.delete(name);
    await Promise.all(entry.threads.map((thread) => this.#ask(thread, { kind: 'close', slot: entry.slot }, 'closed')));
  }

  /** A port has got another slot: threads learn of it before its device is opened. */
  #retellSlots(): void {
    const { portNames, interfaceNames } = this.#image;
    const slots = portNames.map((name) => this.#ports.get(name)?.slot ?? -1);
    const controls = interfaceNames.map((name) => this.#controls.get(name)?.slot ?? -1);
    this.#threads.forEach((_, thread) => {
      this.#post(thread, { kind: 'slots', slots, controls });
    });
  }

  #listenTo(port: MessagePort, thread: number): Thread {
    const answers: ((message: FromThread) => void)[] = [];
    port.on('message', (message: FromThread) => this.#hear(message, thread));
    return { port, answers };
  }

  #hear(message: FromThread, thread: number): void {
    switch (message.kind) {
      case 'report':
        return this.#listener.report(message.line);
      case 'event':
        return this.#listener.event(message.event);
      case 'ended': {
        const found = [...this.#ports].find(([, open]) => open.slot === message.slot);
        return found && this.#listener.ended(found[0]);
      }
      default:
        this.#threads[thread].answers.shift()?.(message);
    }
  }

  #post(thread: number, message: ToThread): void {
    this.#threads[thread].port.postMessage(message);
    this.#board.post(thread);
    wakeThread(this.#board, thread);
  }

  /** Threads answer what is asked of them in its order. */
  #ask(thread: number, message: ToThread, ...kinds: FromThread['kind'][]): Promise<FromThread> {
    return new Promise((resolve, reject) => {
      this.#threads[thread].answers.push((answer) => {
        if (kinds.includes(answer.kind)) resolve(answer);
        else reject(new Error(`a thread has answered '${answer.kind}' to '${message.kind}'`));
      });
      this.#post(thread, message);
    });
  }

  #lose(error: Error): void {
    if (!this.#stopped) this.#listener.lost(error);
  }
}

function placeFor(tables: Tables, thread: number, accounts: Accounts | undefined): ForwarderPlace {
  const place = reserveForwarder(tables, thread);
  if (place === undefined) throw new RangeError('the tables have no room for a forwarder of every thread');
  return { ...place, accounts: accounts && { buffer: accounts.buffer, hasLookups: accounts.hasLookups } };
}
