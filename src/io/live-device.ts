// What a port of a live run is to the thread that forwards its frames: something that is asked for what has arrived, takes
// what is to leave, and never waits. Wrappers (tracer, fault injector, pcap writer) are devices around another device.
import type { Batch } from '../wire/batch.ts';

/** What a device knows and nobody else does. Counts run on for as long as it is open. */
export interface DeviceCounts {
  /** Frames that arrived and found no room (the ring was full): never seen by the router. */
  receiveLost: number;
  /** Frames taken by `send` that the system then refused: too long for the link, link down, no memory. */
  sendFailed: number;
  /** Their bytes. */
  sendFailedBytes: number;
  /** Frames longer than the link's mtu, left to be cut by an offload (TSO, USO) of the sending host. */
  receiveOversized: number;
  /** Frames beyond the first that those were cut into here. What cannot be cut is delivered as it is. */
  receiveSegments: number;
  /** Frames whose checksum the sending host left to its offloads. It is finished here. */
  receiveUnchecked: number;
}

export function noCounts(): DeviceCounts {
  return {
    receiveLost: 0,
    sendFailed: 0,
    sendFailedBytes: 0,
    receiveOversized: 0,
    receiveSegments: 0,
    receiveUnchecked: 0,
  };
}

/** Nothing here throws for what a link does: a link that is down delivers nothing and lets `send` fail, until it is up. */
export interface LiveDevice {
  /**
   * Appends what has arrived to the batch, as frames of `port` with the time of arrival, until nothing is at hand or
   * the batch is full; answers how many.
   */
  receive(batch: Batch, port: number): number;
  /** Takes a frame of `captured` bytes (copies it) to be sent with the next `flush`. False: no room, nothing was taken. */
  send(bytes: Uint8Array, start: number, captured: number): boolean;
  /** Gives the system what `send` has taken. Called once a batch, and again while `pending` is above 0. */
  flush(): void;
  /** Frames taken and neither sent nor failed. */
  readonly pending: number;
  /** A descriptor that becomes readable when frames arrive; -1: the device has to be asked. */
  readonly descriptor: number;
  /** Milliseconds until `receive` may have something, for devices that go by the clock (a paced file); else undefined. */
  readonly dueMilliseconds?: number | undefined;
  /** Nothing will ever arrive any more: a file has ended. */
  readonly ended: boolean;
  /** Reads the system's counters into `counts` first where that has to be asked for. */
  readCounts(): DeviceCounts;
  /** Releases everything at once, what is pending included. May be called twice. */
  close(): void;
}

/** How a device is named in the configuration (`interfaces.X.device`), checked and with defaults filled in. */
export type DeviceSpec =
  | { readonly kind: 'afpacket'; readonly interface: string; readonly lowLatency: boolean }
  | { readonly kind: 'tap'; readonly name: string; readonly netns: string | undefined }
  | { readonly kind: 'cap'; readonly interface: string }
  | {
      readonly kind: 'pcap';
      /** Capture to be played; undefined: nothing arrives. */
      readonly in: string | undefined;
      /** Capture to be written; undefined: what leaves is thrown away. */
      readonly out: string | undefined;
      readonly pace: Pace;
    }
  /** Two ports of one router with the same name are joined, as by a cable. For tests. */
  | { readonly kind: 'loopback'; readonly name: string };

/** How a capture is played. */
export type Pace =
  /** By its timestamps, so many times as fast (1: as recorded). */
  | { readonly by: 'time'; readonly speed: number }
  /** So many frames a second. */
  | { readonly by: 'rate'; readonly framesPerSecond: number }
  /** As fast as it is taken. */
  | { readonly by: 'topspeed' };
