// What the control thread and the forwarding threads say to each other by messages: rare things, a few a minute.
import type { MessagePort } from 'node:worker_threads';
import type { LiveEvent } from '../../engine/forwarder.ts';
import type { ForwarderPlace } from '../../engine/forwarder-memory.ts';
import type { RingDeviceShare } from '../../io/devices/ring-device.ts';
import type { DeviceSpec } from '../../io/live-device.ts';
import type { SharedTables } from '../../tables/tables.ts';
import type { TapFilter } from './tap.ts';
import type { SharedThreadBoard } from './thread-board.ts';

/** A port or control port has a slot for as long as the run lasts, whatever its number in the tables. */
export type Slot = number;

/** Bytes of records of each ring from a follower to the lead. */
export const ringDataBytes = 4 << 20;

/** A TAP by which the router's own frames of a (sub-)interface reach a routing engine. */
export interface ControlPortSpec {
  readonly name: string;
  readonly netns: string;
  readonly mac: readonly number[];
  readonly mtu: number;
  /** ADDRESS/LENGTH. */
  readonly addresses: readonly string[];
  /** ADDRESS/LENGTH for the namespace's `lo`. */
  readonly loopback: readonly string[];
}

/** Tables to be forwarded by from now on. */
export interface Publication {
  readonly tables: SharedTables;
  /** Room for this thread's forwarder in the tables' memory. */
  readonly place: ForwarderPlace;
  /** By port of the tables. */
  readonly slots: readonly Slot[];
  /** By interface of the tables: the slot of its control port, or -1. */
  readonly controls: readonly Slot[];
  /** By interface of the tables: what it is called, which it keeps from tables to tables. */
  readonly interfaceNames: readonly string[];
  /** By pseudowire and by bridge of the tables, likewise. */
  readonly pseudowireNames: readonly string[];
  readonly bridgeNames: readonly string[];
  /** By punt reason: frames a second for each interface of arrival. */
  readonly puntLimits: readonly number[];
}

/** MAC addresses of one bridge, behind one interface or pseudowire, both or, with none, all. */
export interface MacPlace {
  readonly bridge?: string | undefined;
  readonly interface?: string | undefined;
  readonly pseudowire?: string | undefined;
}

export type ToThread =
  | {
      readonly kind: 'open';
      readonly slot: Slot;
      readonly name: string;
      readonly spec: DeviceSpec;
      /** Of a device whose other end is in the main thread. */
      readonly share?: RingDeviceShare | undefined;
    }
  | { readonly kind: 'open-control'; readonly slot: Slot; readonly name: string; readonly spec: ControlPortSpec }
  | { readonly kind: 'close'; readonly slot: Slot }
  /** All ports are open: what arrives is taken from now on. */
  | { readonly kind: 'begin' }
  /** Ports and control ports have these slots from now on. */
  | { readonly kind: 'slots'; readonly slots: readonly Slot[]; readonly controls: readonly Slot[] }
  | { readonly kind: 'tables'; readonly publication: Publication }
  /** What bridges have learned in this place is forgotten. */
  | { readonly kind: 'flush'; readonly place: MacPlace }
  /** Says to the neighbours on this (sub-)interface that it is there. */
  | { readonly kind: 'announce'; readonly interfaceName: string }
  /** Copies of frames go into the ring from now on; undefined: no longer. */
  | { readonly kind: 'tap'; readonly ring: SharedArrayBuffer | undefined; readonly filter: TapFilter }
  | { readonly kind: 'stop' };

/** What the engine has found out about a station on a link, with names in place of numbers. */
export interface NeighborEvent {
  readonly kind: LiveEvent['kind'];
  readonly interface: string;
  readonly address: string;
  readonly mac?: string;
}

export type FromThread =
  | { readonly kind: 'opened'; readonly slot: Slot }
  | { readonly kind: 'failed'; readonly slot: Slot; readonly message: string }
  | { readonly kind: 'closed'; readonly slot: Slot }
  /** All that was to arrive by the port has arrived: its capture has ended. */
  | { readonly kind: 'ended'; readonly slot: Slot }
  /** A sentence about a port, for the log. */
  | { readonly kind: 'report'; readonly line: string }
  /** Something that the engine has learned or found. */
  | { readonly kind: 'event'; readonly event: NeighborEvent }
  | { readonly kind: 'switched' }
  | { readonly kind: 'tapped' }
  | { readonly kind: 'flushed'; readonly count: number }
  | { readonly kind: 'stopped' };

export interface LiveTask {
  /** 0 is the lead: it has the slow path and with it all state. */
  readonly thread: number;
  readonly board: SharedThreadBoard;
  /** From each follower to the lead, by thread − 1. */
  readonly rings: readonly SharedArrayBuffer[];
  readonly publication: Publication;
  readonly port: MessagePort;
}
