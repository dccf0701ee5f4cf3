// What the API needs of a running router, and nothing more: the truth, which is changed and read, and the plane, which
// forwards and counts. `RouterTruth` has the shape of the control side's own class; tests put doubles in both places.
import type {
  AccountBook,
  BindingView,
  LabelView,
  NeighborView,
  RouteFilter,
  RouteView,
  SourceView,
  TransactionRequest,
  TransactionResult,
  VrfView,
} from '../../control/live/index.ts';
import type { RouterModel } from '../../control/model.ts';
import type { DeviceCounts } from '../../io/live-device.ts';
import type { Tables } from '../../tables/tables.ts';
import type { IpAddress } from '../../wire/address.ts';
import type { MacPlace } from '../../workers/live/messages.ts';
import type { TapFilter } from '../../workers/live/tap.ts';
import type { AdapterView } from '../adapter.ts';
import type { LiveSummary } from '../live-summary.ts';

export type { MacPlace } from '../../workers/live/messages.ts';

export type Awaitable<T> = T | Promise<T>;

export type {
  BindingView,
  ChangeError,
  LabelView,
  NeighborView,
  RouteFilter,
  RouteView,
  SourceView,
  TransactionRequest,
  TransactionResult,
  VrfView,
} from '../../control/live/index.ts';

export type EntryState = RouteView['state'];

export interface RouterTruth {
  /** Counts the changes that were made. */
  readonly version: number;
  /** All of the changes or none. Rejects with ShimlineError USAGE for a source that nobody may write as. */
  transact(request: TransactionRequest): Awaitable<TransactionResult>;
  /** Takes over what a configuration says in place of what the one before it said. */
  replaceConfig(model: RouterModel, version?: number): Awaitable<TransactionResult>;
  markStale(source: string): void;
  /** Takes out what is still stale; answers how many entries. */
  sweep(source: string): Awaitable<number>;
  routes(filter?: RouteFilter): Iterable<RouteView>;
  labels(): Iterable<LabelView>;
  neighbors(): Iterable<NeighborView>;
  vrfs(): readonly VrfView[];
  bindings(): readonly BindingView[];
  /** Who has put in what is there. */
  sourceViews(): readonly SourceView[];
  /** The steps of a look-up; undefined: there is no such VRF. */
  explainRoute(vrf: string | undefined, address: IpAddress): readonly string[] | undefined;
  /** The configuration as it is now; it takes as long as there are routes. */
  configModel(): RouterModel;
  /** The same without routes, labels and neighbours: for who asks often. */
  skeleton(): RouterModel;
  /** Resolves when what was changed by now outlasts a crash, as far as anything of it does: labels. Absent: nothing does. */
  kept?(): Promise<void>;
}

export interface PortView {
  /** As in the configuration. */
  readonly name: string;
  /** Its device is open. */
  readonly isOpen: boolean;
  /** It can carry frames. */
  readonly isUp: boolean;
  /** Why not, or what is to be complained of; empty: nothing. */
  readonly complaint: string;
}

/** What happens to a running router by itself. Every event has a kind, which is its name in the stream of events. */
export type RouterEvent =
  | { readonly kind: 'port'; readonly port: string; readonly up: boolean }
  | { readonly kind: 'played'; readonly port: string }
  | {
      readonly kind: 'neighbor';
      /** learned, moved, lost … in the engine's words. */
      readonly event: string;
      readonly interface: string;
      readonly address: string;
      readonly mac?: string | undefined;
    };

/** Frames of a running router while they pass: made by `capture`, read until it is closed. */
export interface FrameTap {
  /** Moves what has come into the sink; stops when that answers false. */
  read(sink: (frame: TappedFrame) => boolean): void;
  /** Frames that found no room because nobody read. */
  readonly lost: number;
  /** Nothing comes after this; what has come can still be read. */
  stop(): Promise<void>;
}

export interface TappedFrame {
  readonly kind: 'received' | 'sent' | 'dropped' | 'punted';
  readonly port: string;
  /** Of a dropped or punted frame: index into the table of reasons. */
  readonly reason: number;
  readonly thread: number;
  /** Valid during the call only. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly captured: number;
  readonly original: number;
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Which frames; ports by name. */
export interface CaptureFilter extends Omit<TapFilter, 'slots'> {
  readonly ports: readonly string[];
}

export interface RouterPlane {
  ports(): readonly PortView[];
  summary(): LiveSummary;
  /** Of control ports, by interface. */
  controlCounts(): Readonly<Record<string, DeviceCounts>>;
  /** Turns of every forwarding thread's loop. */
  heartbeats(): readonly number[];
  /** What forwards now, to be read: tables, and the model that their numbers are those of. */
  forwarding(): { readonly model: RouterModel; readonly tables: Tables };
  /** What interfaces, circuits and bridges have had to do; undefined: nobody counts. */
  accounts(): AccountBook | undefined;
  /** Bytes that the tables use. */
  tableBytes(): number;
  /** Adapters of routing engines that run. */
  adapters(): readonly AdapterView[];
  /** Forgets what bridges have learned in a place of the forwarding model; answers how many addresses. */
  flushMacs(place: MacPlace): Promise<number>;
  watch(listener: (event: RouterEvent) => void): () => void;
  /** undefined: another capture is running. */
  capture(filter: CaptureFilter): Promise<FrameTap | undefined>;
}

export interface RouterService {
  readonly truth: RouterTruth;
  readonly plane: RouterPlane;
}
