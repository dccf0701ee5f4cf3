// A router that runs: its model, its forwarding threads, its devices. It follows what becomes of the interfaces that its
// ports are attached to, takes over new configurations, and sums up.
//
// Whatever opens, closes or publishes waits for what was begun before; only a link that goes down is told to the tables
// at once, so that paths over it are out of use with the next frame.
import {
  type ControlOptions,
  type EntryChange,
  RouterControl,
  type TransactionRequest,
  type TransactionResult,
} from '../control/live/index.ts';
import type { InterfaceModel, RouterModel } from '../control/model.ts';
import { ShimlineError } from '../errors.ts';
import { type Link, type LinkWatch, watchLinks } from '../io/linux/links.ts';
import type { DeviceCounts, DeviceSpec, Pace } from '../io/live-device.ts';
import { formatPrefix } from '../wire/address.ts';
import { LiveRouter, type LiveTap } from '../workers/live/live-router.ts';
import type { MacPlace } from '../workers/live/messages.ts';
import type { TapFilter } from '../workers/live/tap.ts';
import type { PortView, RouterEvent } from './api/service.ts';
import { ControlPorts } from './control-ports.ts';
import { imageOf, type LiveImage } from './image.ts';
import type { LabelKeeper } from './label-keeper.ts';
import { attachedTo, withMacs } from './live-model.ts';
import { type LiveSummary, liveSummary } from './live-summary.ts';
import type { Log } from './log.ts';

/** Of routes that are unusable at start. */
const warningsMax = 20;
/** A device that could not be opened is tried again. */
const retryMilliseconds = 1000;

export interface RunOptions {
  /** Forwarding threads. */
  readonly workers: number;
  /** How all captures are played, whatever their ports say. */
  readonly pace?: Pace | undefined;
  readonly log: Log;
  /** Room for routes. */
  readonly control?: Pick<ControlOptions, 'routesMin'>;
  /** Labels kept over restarts; absent: every run gives them anew. */
  readonly labels?: LabelKeeper | undefined;
  /** The run is over: a thread has died. */
  readonly lost: (error: Error) => void;
  /** Every capture has been played. */
  readonly played?: () => void;
}

interface PortState {
  readonly spec: DeviceSpec;
  /** Of the interface that it is attached to, when it was opened. */
  index: number;
  open: boolean;
  up: boolean;
  /** The last complaint, so that it is made once. */
  complaint: string;
  ended: boolean;
}

export class RunningRouter {
  readonly #options: RunOptions;
  readonly #log: Log;
  readonly #links: Pick<LinkWatch, 'close' | 'links'>;
  readonly #router: LiveRouter;
  readonly #controls: ControlPorts;
  readonly #ports = new Map<string, PortState>();
  readonly #started = performance.now();
  readonly #control: RouterControl;
  /** Interfaces whose MAC address is that of their device, or made up, and none of the configuration's. */
  #brought: ReadonlySet<string> = new Set();
  #image: LiveImage;
  /** What threads forward by until they have gone over to `#image`, which takes a while. */
  #leaving: LiveImage | undefined;
  /** Control has made other tables, which threads do not have yet. */
  #isRebuilt = false;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #watchers = new Set<(event: RouterEvent) => void>();
  #retry: NodeJS.Timeout | undefined;
  #stopping = false;

  private constructor(model: RouterModel, options: RunOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#links = watchAttached(model, (name) => this.#linkChanged(name));
    this.#control = new RouterControl(this.#withMacs(model), {
      ...options.control,
      labelState: options.labels?.state,
      forwarders: options.workers,
      accounts: true,
      live: true,
      publish: () => {
        this.#isRebuilt = true;
      },
    });
    options.labels?.follow(this.#control.labelManager);
    this.#image = imageOf(this.#control);
    this.#warn();
    this.#router = new LiveRouter(this.#image, options.workers, {
      report: (line) => this.#log.warn({}, line),
      event: ({ kind, ...event }) => {
        this.#log.info(event, kind);
        this.#tell({ kind: 'neighbor', event: kind, ...event });
      },
      ended: (name) => this.#captureEnded(name),
      lost: (error) => options.lost(error),
    });
    this.#controls = new ControlPorts(this.#router, this.#log);
  }

  /**
   * Starts to forward, by the ports that have a device (`devicesDue` of a configuration asks for one each). Throws
   * ShimlineError for what cannot be: a configuration, a device that is refused. An interface that does not exist yet is
   * waited for.
   */
  static async start(model: RouterModel, options: RunOptions): Promise<RunningRouter> {
    const router = new RunningRouter(model, options);
    try {
      await router.#enqueue(() => router.#openAll(true));
      router.#router.begin();
    } catch (error) {
      await router.stop();
      throw error;
    }
    return router;
  }

  /** The configuration as it is now, without the addresses that devices have brought. */
  get model(): RouterModel {
    return this.#withoutBrought(this.#control.configModel());
  }

  /** The same without routes, labels and neighbours, which costs nothing. */
  get skeleton(): RouterModel {
    return this.#withoutBrought(this.#control.skeleton());
  }

  /** The truth, to be read. Changes go through `transact`, `reload` and `sweep`. */
  get control(): RouterControl {
    return this.#control;
  }

  get image(): LiveImage {
    return this.#image;
  }

  /** The number of an interface of this machine that a port is attached to; undefined while there is none. */
  linkIndex(name: string): number | undefined {
    return this.#links.links().get(name)?.index;
  }

  /** Takes over another configuration as a whole; throws ShimlineError, and nothing has changed, when it is wrong. */
  reload(model: RouterModel): Promise<void> {
    return this.#enqueue(async () => {
      const result = await this.#replace(model);
      if (result.ok || !('errors' in result)) return;
      throw new ShimlineError('CONFIG', result.errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
    });
  }

  /** The same for one who wants to know what is wrong, or whether somebody else was first. */
  replaceConfig(model: RouterModel, version?: number): Promise<TransactionResult> {
    return this.#enqueue(() => this.#replace(model, version));
  }

  /** Makes all of the changes or none. */
  transact(request: TransactionRequest): Promise<TransactionResult> {
    return this.#enqueue(async () => {
      const result = this.#control.transact(request);
      if (result.ok) await this.#follow();
      return result;
    });
  }

  /** The same for entries that an adapter has read. */
  apply(source: string, changes: readonly EntryChange[]): Promise<TransactionResult> {
    return this.#enqueue(async () => {
      const result = this.#control.apply(source, changes);
      if (result.ok) await this.#follow();
      return result;
    });
  }

  /** Takes out what is still stale of a source; answers how many entries. */
  sweep(source: string): Promise<number> {
    return this.#enqueue(async () => {
      const count = this.#control.sweep(source);
      await this.#follow();
      return count;
    });
  }

  async #replace(model: RouterModel, version?: number): Promise<TransactionResult> {
    const before = this.#brought;
    const result = this.#control.replaceConfig(this.#withMacs(model), version);
    if (result.ok) await this.#follow();
    else this.#brought = before;
    return result;
  }

  /** After a change: threads get other tables where there are some, ports other devices. */
  async #follow(): Promise<void> {
    if (!this.#isRebuilt) return;
    // An interface that came without an address of its own.
    const { model } = this.#control.state;
    if (model.interfaces.some((entry) => entry.mac === undefined)) {
      this.#control.replaceConfig(this.#withMacs(this.model));
    }
    this.#isRebuilt = false;
    await this.#publish(imageOf(this.#control));
    for (const [name, state] of [...this.#ports]) {
      const spec = this.#specOf(name);
      if (spec === undefined || !sameSpec(spec, state.spec)) await this.#close(name);
    }
    await this.#openAll(false);
  }

  summary(): LiveSummary {
    const seconds = (performance.now() - this.#started) / 1000;
    return liveSummary(this.#router, seconds, this.#options.workers);
  }

  /** Resolves when all labels that are bound by now outlast a crash: before somebody is told of them. */
  labelsKept(): Promise<void> {
    return this.#options.labels?.kept() ?? Promise.resolve();
  }

  /** In the order of the configuration. */
  ports(): PortView[] {
    const names = this.#image.model.interfaces.filter((entry) => entry.name === entry.port).map((entry) => entry.name);
    return names.map((name) => {
      // The router's place in a bridge has no device that could be closed.
      const isWithout = this.#specOf(name) === undefined;
      const { open = isWithout, up = isWithout, complaint = '' } = this.#ports.get(name) ?? {};
      return { name, isOpen: open, isUp: up, complaint };
    });
  }

  /** What devices of control ports have counted, by interface. */
  controlCounts(): Readonly<Record<string, DeviceCounts>> {
    const counts: Record<string, DeviceCounts> = {};
    for (const { name } of this.#image.model.interfaces) {
      const counted = this.#router.controlCounts(name);
      if (counted !== undefined) counts[name] = counted;
    }
    return counts;
  }

  /** Tells what happens until the function that it answers is called. */
  watch(listener: (event: RouterEvent) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** Begins to copy frames; undefined while that is done for somebody else. */
  tap(filter: Omit<TapFilter, 'slots'>, ports: readonly string[]): Promise<LiveTap | undefined> {
    return this.#router.tap(filter, ports);
  }

  /** Forgets MAC addresses that bridges have learned; answers how many. */
  flushMacs(place: MacPlace): Promise<number> {
    return this.#enqueue(() => this.#router.flushMacs(place));
  }

  /** Turns of the threads' loops: a watchdog sees whether they turn. */
  heartbeats(): number[] {
    return this.#router.heartbeats();
  }

  /** Ends forwarding and releases all devices. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    clearTimeout(this.#retry);
    this.#links.close();
    await this.#router.stop();
    await this.#options.labels?.close();
  }

  #withMacs(model: RouterModel): RouterModel {
    this.#brought = new Set(model.interfaces.filter(({ mac }) => mac === undefined).map(({ name }) => name));
    return withMacs(model, (name) => {
      const mac = this.#links.links().get(name)?.mac;
      return mac && [...mac];
    });
  }

  #withoutBrought(model: RouterModel): RouterModel {
    const interfaces = model.interfaces.map((entry) =>
      this.#brought.has(entry.name) ? { ...entry, mac: undefined } : entry,
    );
    return { ...model, interfaces };
  }

  /** Tells of routes that lead nowhere, the first of them one by one. */
  #warn(): void {
    let more = 0;
    for (const { vrf, prefix, why } of this.#control.routes({ state: 'unusable' })) {
      if (more++ < warningsMax) this.#log.warn({ vrf, prefix: formatPrefix(prefix) }, `route is unusable: ${why}`);
    }
    if (more > warningsMax) this.#log.warn({ routes: more }, 'routes are unusable');
  }

  /** Ports that the new tables know already keep their state; others are down until they are open, if they have a device. */
  async #publish(image: LiveImage): Promise<void> {
    this.#leaving = this.#image;
    this.#image = image;
    for (const name of image.portNames) {
      this.#tellTables(name, this.#ports.get(name)?.up ?? this.#specOf(name) === undefined);
    }
    await this.#router.publish(image);
    this.#leaving = undefined;
    this.#control.book?.closeEarlier();
  }

  async #openAll(first: boolean): Promise<void> {
    for (const port of this.#image.model.interfaces) {
      const spec = this.#specOf(port.name);
      if (spec === undefined) continue;
      if (!this.#ports.has(port.name)) {
        const state = { spec, index: -1, open: false, up: false, complaint: '', ended: false };
        this.#ports.set(port.name, state);
        this.#tellTables(port.name, false);
      }
      await this.#settle(port.name, first);
    }
    await this.#controls.follow(this.#image.model);
    this.#checkPlayed();
  }

  /** Brings a port to the state that its interface allows. */
  async #settle(name: string, mustOpen = false): Promise<void> {
    const port = this.#port(name);
    const state = this.#ports.get(name);
    if (port === undefined || state === undefined || this.#stopping) return;
    const attached = attachedTo(port);
    const link = attached === undefined ? undefined : this.#links.links().get(attached);
    const isThere = attached === undefined || link !== undefined;
    if (state.open && (!isThere || (link !== undefined && link.index !== state.index))) {
      await this.#closeDevice(name, state);
      this.#log.warn({ port: name }, `${attached} is gone`);
    }
    if (!isThere) {
      this.#complain(name, state, `${attached}: no such interface yet, waiting for it`);
    } else if (!state.open) {
      await this.#tryOpen(name, state, mustOpen);
      state.index = link?.index ?? -1;
    }
    this.#setUp(name, state, state.open && (link === undefined || (link.up && link.carrier)));
    if (link !== undefined) await this.#adoptLink(port, link);
  }

  async #tryOpen(name: string, state: PortState, mustOpen: boolean): Promise<void> {
    try {
      await this.#router.openPort(name, state.spec);
      state.open = true;
      state.complaint = '';
    } catch (error) {
      if (mustOpen) throw error;
      this.#complain(name, state, error instanceof Error ? error.message : String(error));
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => void this.#enqueue(() => this.#settle(name)), retryMilliseconds).unref();
    }
  }

  /** What the interface says of itself: its address, if the port has none of its own, and its mtu. */
  async #adoptLink(port: InterfaceModel, link: Link): Promise<void> {
    if (link.mtu < port.mtu) {
      const state = this.#ports.get(port.name);
      if (state?.open)
        this.#complain(port.name, state, `mtu ${port.mtu} is more than ${link.name} takes (${link.mtu})`);
    }
    if (!this.#brought.has(port.name)) return;
    if (port.mac?.every((byte, i) => byte === link.mac[i])) return;
    this.#log.info({ port: port.name }, `${link.name} has another MAC address`);
    await this.#replace(this.model);
  }

  #complain(name: string, state: PortState, text: string): void {
    if (state.complaint === text) return;
    state.complaint = text;
    this.#log.warn({ port: name }, text);
  }

  async #close(name: string): Promise<void> {
    const state = this.#ports.get(name);
    if (state === undefined) return;
    await this.#closeDevice(name, state);
    this.#ports.delete(name);
  }

  async #closeDevice(name: string, state: PortState): Promise<void> {
    this.#setUp(name, state, false);
    state.open = false;
    await this.#router.closePort(name);
  }

  #setUp(name: string, state: PortState, up: boolean): void {
    this.#tellTables(name, up);
    if (state.up === up) return;
    state.up = up;
    this.#log.info({ port: name, up }, up ? 'port is up' : 'port is down');
    this.#tell({ kind: 'port', port: name, up });
    if (!up) return this.#forgetBehind(name);
    for (const entry of this.#image.model.interfaces) {
      if (entry.port === name && entry.role === 'routed') this.#router.announce(entry.name);
    }
  }

  /** Stations that were behind a link which is gone may be anywhere now: frames for them are flooded again. */
  #forgetBehind(portName: string): void {
    const { interfaces, bridges } = this.#image.model;
    const members = new Set(bridges.flatMap((bridge) => bridge.members.map(({ circuit }) => circuit.name)));
    for (const { name, port, role } of interfaces) {
      if (port === portName && role === 'circuit' && members.has(name))
        void this.#router.flushMacs({ interface: name });
    }
  }

  /** ECMP-3: one word for each (sub-)interface takes every path over it out of use. */
  #tellTables(name: string, up: boolean): void {
    for (const image of [this.#image, this.#leaving]) {
      image?.model.interfaces.forEach((entry, index) => {
        if (entry.port === name) image.tables.interfaces.setUp(index, up);
      });
    }
  }

  #linkChanged(linkName: string): void {
    if (this.#stopping) return;
    const link = this.#links.links().get(linkName);
    for (const [name, state] of this.#ports) {
      const port = this.#port(name);
      if (port === undefined || attachedTo(port) !== linkName) continue;
      // Paths leave the link at once; whatever else is to be done waits for its turn.
      if (link === undefined || !link.up || !link.carrier) this.#setUp(name, state, false);
      this.#enqueue(() => this.#settle(name)).catch((error: unknown) =>
        this.#log.error({ port: name }, error instanceof Error ? error.message : String(error)),
      );
    }
  }

  #captureEnded(name: string): void {
    const state = this.#ports.get(name);
    if (state === undefined) return;
    state.ended = true;
    this.#log.info({ port: name }, 'the capture has been played to its end');
    this.#tell({ kind: 'played', port: name });
    this.#checkPlayed();
  }

  #checkPlayed(): void {
    const captures = [...this.#ports.values()].filter(({ spec }) => spec.kind === 'pcap' && spec.in !== undefined);
    if (captures.length > 0 && captures.every(({ ended }) => ended)) this.#options.played?.();
  }

  #tell(event: RouterEvent): void {
    for (const watcher of this.#watchers) watcher(event);
  }

  #port(name: string): InterfaceModel | undefined {
    return this.#image.model.interfaces.find((entry) => entry.name === name);
  }

  /** The device of a port; undefined for sub-interfaces, the router's place in a bridge, and ports that have none. */
  #specOf(name: string): DeviceSpec | undefined {
    const device = this.#port(name)?.device;
    if (device === undefined) return undefined;
    const { pace } = this.#options;
    return device.kind === 'pcap' && pace !== undefined ? { ...device, pace } : device;
  }

  /** One after the other. */
  #enqueue<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(act);
    this.#queue = done.catch(() => {});
    return done;
  }
}

function sameSpec(a: DeviceSpec, b: DeviceSpec): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Interfaces of this machine are watched only where a port may be attached to one: elsewhere no C library is needed. */
function watchAttached(model: RouterModel, changed: (name: string) => void) {
  if (!model.interfaces.some((entry) => attachedTo(entry) !== undefined)) {
    return { close: () => {}, links: () => new Map<string, Link>() };
  }
  return watchLinks((change) => {
    changed(change.link.name);
    if (change.kind === 'changed' && change.before.name !== change.link.name) changed(change.before.name);
  });
}
