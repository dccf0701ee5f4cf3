// A forwarding thread of a live run: one Piscina task from start to end. It owns devices, asks each of them for what has
// arrived, forwards that, and gives it to the devices it leaves by. Nothing in the loop waits but the poll at its end.
//
//   devices ─▶ batch ─▶ fast path ─▶ devices            lead: slow path in the same loop
//                          └─ left ─▶ ring to the lead   follower
import { setImmediate } from 'node:timers/promises';
import { receiveMessageOnPort } from 'node:worker_threads';
import { FrameRing } from '../../io/devices/frame-ring.ts';
import type { LiveDevice } from '../../io/live-device.ts';
import { Tables } from '../../tables/tables.ts';
import { batchFrames } from '../../wire/batch.ts';
import { Follower } from './follower.ts';
import { type Coming, type Errand, Lead } from './lead.ts';
import {
  type FromThread,
  type LiveTask,
  type MacPlace,
  type NeighborEvent,
  type Publication,
  ringDataBytes,
  type ToThread,
} from './messages.ts';
import { openControl, openDevice } from './open-device.ts';
import { openSleep, type Sleep } from './sleep.ts';
import { Tap, tapDataBytes } from './tap.ts';
import { ThreadBoard, ThreadState } from './thread-board.ts';
import { ThreadPorts } from './thread-ports.ts';

/** The event loop gets its turn so often: file devices read by it. */
const sliceMilliseconds = 5;
/** Timers of the engine and device counts. */
const tickMilliseconds = 100;
/** Frames at hand that are worth a run of the passes before more are asked for. */
const batchEnough = batchFrames / 2;
/** At the end, for what devices still have. */
const drainMilliseconds = 300;

class ForwardingThread {
  readonly #task: LiveTask;
  readonly #board: ThreadBoard;
  readonly #ports: ThreadPorts;
  readonly #sleep: Sleep;
  readonly #rings: readonly FrameRing[];
  /** By slot. */
  readonly #controls = new Map<number, LiveDevice>();
  #role: Lead | Follower;
  /** What is done a step a turn. Messages wait until it is done, so that answers come in the order of the questions. */
  #errand: Errand | undefined;
  #received = 0;
  #stopping = false;
  /** Nothing is taken from devices before all of them are open: what came first would find no way out. */
  #hasBegun = false;
  /** The device that is asked first: each in turn. */
  #first = 0;

  constructor(task: LiveTask) {
    this.#task = task;
    this.#board = new ThreadBoard(task.board);
    this.#ports = new ThreadPorts(task.thread, this.#board);
    this.#sleep = openSleep(this.#board, task.thread);
    this.#rings = task.rings.map((buffer) => new FrameRing(buffer, 0, ringDataBytes));
    this.#role = this.#newRole(task.publication);
  }

  async run(): Promise<void> {
    const { thread } = this.#task;
    this.#board.setState(thread, ThreadState.running);
    let sliceEnd = 0;
    let nextTick = 0;
    while (!this.#stopping) {
      if (this.#hasMessages) await this.#readMessages();
      let busy = this.#turn();
      busy = this.#onErrand() || busy;
      this.#board.beat(thread);
      const now = performance.now();
      if (now >= nextTick) {
        this.#tick();
        nextTick = now + tickMilliseconds;
      }
      if (!busy || now >= sliceEnd) {
        await setImmediate();
        busy = this.#turn() || busy;
        sliceEnd = performance.now() + sliceMilliseconds;
      }
      if (!busy) this.#rest(nextTick - performance.now());
    }
    await this.#finish();
  }

  get #hasMessages(): boolean {
    return this.#errand === undefined && this.#board.posted(this.#task.thread) !== this.#received;
  }

  /** A step of it; answers whether there was one to do. */
  #onErrand(): boolean {
    const errand = this.#errand;
    if (errand === undefined) return false;
    if (!errand.step()) this.#errand = undefined;
    return true;
  }

  #newRole(publication: Publication, coming?: Coming): Lead | Follower {
    const { thread } = this.#task;
    this.#ports.use(publication.slots);
    if (thread > 0) {
      const tables = Tables.open(publication.tables);
      return new Follower(tables, publication.place, this.#ports, this.#rings[thread - 1]);
    }
    const before = this.#role instanceof Lead ? this.#role : undefined;
    const setup = {
      ports: this.#ports,
      rings: this.#rings,
      controlOf: (slot: number) => this.#controls.get(slot),
      onEvent: (event: NeighborEvent) => this.#say({ kind: 'event', event }),
    };
    return new Lead(setup, publication, before, coming);
  }

  /** Everything that is at hand, at most a batch of each device; answers whether there was anything. */
  #turn(): boolean {
    const role = this.#role;
    const { batch } = role;
    const { ports, devices } = this.#ports;
    let busy = role instanceof Lead && role.treatAside();
    const count = this.#hasBegun ? devices.length : 0;
    for (let i = 0; i < count; i++) {
      const at = (this.#first + i) % count;
      if (devices[at].receive(batch, ports[at]) > 0) busy = true;
      if (batch.count >= batchEnough) this.#treat(role);
    }
    this.#first++;
    if (batch.count > 0) this.#treat(role);
    else this.#ports.flush();
    return busy;
  }

  #treat(role: Lead | Follower): void {
    role.process();
    role.batch.clear();
    this.#ports.flush();
    if (role instanceof Follower) this.#sleep.wake(0);
  }

  #tick(): void {
    const role = this.#role;
    this.#ports.settle(role.counters);
    for (const slot of this.#ports.takeEnded()) this.#say({ kind: 'ended', slot });
    if (!(role instanceof Lead)) return;
    const milliseconds = Date.now();
    role.forwarder.tick(Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1e6);
    for (const [slot, control] of this.#controls) this.#board.writeCounts(0, slot, control.readCounts());
    this.#ports.flush();
  }

  /** Until something arrives, somebody has work for this thread, or so long. */
  #rest(milliseconds: number): void {
    const { thread } = this.#task;
    const role = this.#role;
    const most = this.#patience(milliseconds);
    if (most <= 0) return;
    role.asleep();
    this.#board.setAsleep(thread, true);
    const idle = this.#board.posted(thread) === this.#received && !(role instanceof Lead && role.hasWork);
    if (idle) this.#sleep.rest(most);
    this.#board.setAsleep(thread, false);
    role.awake();
  }

  #patience(milliseconds: number): number {
    let most = milliseconds;
    for (const device of this.#ports.devices) {
      // What it has not sent yet it may send soon; what has no descriptor has to be asked.
      if (device.pending > 0) most = Math.min(most, 1);
      if (device.descriptor < 0 && !device.ended) most = Math.min(most, device.dueMilliseconds ?? 1);
    }
    return most;
  }

  async #readMessages(): Promise<void> {
    while (this.#errand === undefined) {
      const received = receiveMessageOnPort(this.#task.port) as { message: ToThread } | undefined;
      if (received === undefined) return;
      this.#received++;
      await this.#obey(received.message);
    }
  }

  async #obey(message: ToThread): Promise<void> {
    switch (message.kind) {
      case 'open':
      case 'open-control':
        return this.#open(message);
      case 'close':
        return this.#close(message.slot);
      case 'slots':
        this.#ports.use(message.slots);
        if (this.#role instanceof Lead) this.#role.useControls(message.controls);
        return;
      case 'tables':
        return this.#switch(message.publication);
      case 'announce':
        return this.#announce(message.interfaceName);
      case 'flush':
        return this.#flush(message.place);
      case 'tap':
        return this.#tap(message);
      case 'begin':
        this.#hasBegun = true;
        return;
      case 'stop':
        this.#stopping = true;
    }
  }

  async #open(message: Extract<ToThread, { kind: 'open' | 'open-control' }>): Promise<void> {
    const { slot } = message;
    const report = (line: string) => this.#say({ kind: 'report', line });
    try {
      if (message.kind === 'open') {
        const { thread, board } = this.#task;
        const opener = { thread, threads: board.threads, slot, share: message.share };
        const device = await openDevice(message.name, message.spec, opener, report);
        this.#ports.add(slot, device);
        this.#sleep.watch(device.descriptor);
      } else {
        const control = openControl(message.name, message.spec);
        this.#controls.set(slot, control);
        this.#sleep.watch(control.descriptor);
        if (this.#role instanceof Lead) this.#role.useControls();
      }
      this.#say({ kind: 'opened', slot });
    } catch (error) {
      this.#say({ kind: 'failed', slot, message: error instanceof Error ? error.message : String(error) });
    }
  }

  #close(slot: number): void {
    const device = this.#ports.get(slot) ?? this.#controls.get(slot);
    if (device !== undefined) {
      this.#sleep.ignore(device.descriptor);
      this.#ports.remove(slot, this.#role.counters);
      this.#controls.get(slot)?.close();
      this.#controls.delete(slot);
      if (this.#role instanceof Lead) this.#role.useControls();
    }
    this.#say({ kind: 'closed', slot });
  }

  #switch(publication: Publication): void {
    const role = this.#role;
    if (!(role instanceof Lead)) return this.#goOver(publication);
    const coming = role.comeTo(publication);
    this.#errand = {
      step: () => {
        const more = coming.step();
        if (!more) this.#goOver(publication, coming);
        return more;
      },
    };
  }

  #goOver(publication: Publication, coming?: Coming): void {
    this.#ports.settle(this.#role.counters);
    this.#role.asleep();
    this.#role = this.#newRole(publication, coming);
    this.#say({ kind: 'switched' });
  }

  #flush(place: MacPlace): void {
    const role = this.#role;
    if (role instanceof Lead) this.#errand = role.flush(place, (count) => this.#say({ kind: 'flushed', count }));
  }

  #announce(name: string): void {
    const role = this.#role;
    if (!(role instanceof Lead)) return;
    const index = role.publication.interfaceNames.indexOf(name);
    const milliseconds = Date.now();
    if (index >= 0) {
      role.forwarder.announceInterface(index, Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1e6);
    }
    this.#ports.flush();
  }

  #tap({ ring, filter }: Extract<ToThread, { kind: 'tap' }>): void {
    this.#ports.tap = ring && new Tap(new FrameRing(ring, 0, tapDataBytes), filter);
    this.#say({ kind: 'tapped' });
  }

  /** What has arrived is treated to its end, and what devices have taken goes out while they get on. */
  async #finish(): Promise<void> {
    const role = this.#role;
    const end = performance.now() + drainMilliseconds;
    if (role instanceof Lead) while (role.hasWork && performance.now() < end) role.treatAside();
    while (this.#ports.pending > 0 && performance.now() < end) {
      this.#ports.flush();
      await setImmediate();
    }
    if (role instanceof Lead) role.forwarder.finish();
    this.#ports.close(role.counters);
    for (const control of this.#controls.values()) control.close();
    role.asleep();
    this.#sleep.close();
    this.#board.setState(this.#task.thread, ThreadState.stopped);
    this.#say({ kind: 'stopped' });
    this.#task.port.close();
  }

  #say(message: FromThread): void {
    this.#task.port.postMessage(message);
  }
}

export default async function liveThread(task: LiveTask): Promise<void> {
  await new ForwardingThread(task).run();
}
