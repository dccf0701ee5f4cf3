// The device `afpacket`: a network interface of Linux. Receives by a mapped ring of a packet socket, sends by AF_XDP or, where
// that cannot be had, by sendmmsg. Each thread that uses an interface opens a device of its own, with its own queue.
import { ShimlineError } from '../../errors.ts';
import type { Batch } from '../../wire/batch.ts';
import { type DeviceCounts, type LiveDevice, noCounts } from '../live-device.ts';
import type { FanoutGroup } from './fanout.ts';
import { type Link, linkOf } from './link.ts';
import type { ReceiveRing } from './receive-ring.ts';
import { openRingV2 } from './ring-v2.ts';
import { openRingV3 } from './ring-v3.ts';
import type { Sender } from './sender.ts';
import { openMmsgSender } from './sender-mmsg.ts';
import { openXdpSender } from './sender-xdp.ts';

export type TransmitKind = 'xdp' | 'sendmmsg';

export interface AfpacketOptions {
  /** Name of the port, for errors. */
  readonly place: string;
  readonly interface: string;
  /** Frames are delivered as they arrive, not up to a millisecond later, at a higher cost each. */
  readonly lowLatency: boolean;
  /** Queue of the interface to send by, from 0. No two devices may share one. */
  readonly queue: number;
  /** The devices of a group share what arrives, a flow stays with one of them. */
  readonly fanout?: FanoutGroup;
  /** Default: xdp, and sendmmsg where that cannot be had. */
  readonly transmit?: TransmitKind;
}

export interface AfpacketDevice extends LiveDevice {
  readonly transmitKind: TransmitKind;
  /** The interface as it was when the device was opened. Once it is deleted the device is of no use any more. */
  readonly link: Link;
}

/**
 * Opens an interface; it may be down. `report` gets a line if sending has to fall back. Throws ShimlineError IO: no such
 * interface, or a capability is missing, which the message names.
 */
export function openAfpacket(options: AfpacketOptions, report: (line: string) => void): AfpacketDevice {
  const { place, fanout } = options;
  const link = linkOf(place, options.interface);
  const counts = noCounts();
  const ring = (options.lowLatency ? openRingV2 : openRingV3)(place, link, fanout, counts);
  try {
    const { sender, kind } = openSender(options, link, counts, report);
    return new Afpacket(place, link, counts, ring, sender, kind);
  } catch (error) {
    ring.close();
    throw error;
  }
}

function openSender(
  { place, queue, transmit }: AfpacketOptions,
  link: Link,
  counts: DeviceCounts,
  report: (line: string) => void,
): { sender: Sender; kind: TransmitKind } {
  if (transmit !== 'sendmmsg') {
    try {
      return { sender: openXdpSender(place, link, queue, counts), kind: 'xdp' };
    } catch (error) {
      if (!(error instanceof ShimlineError)) throw error;
      report(`${error.message}; frames are sent by sendmmsg instead of AF_XDP`);
    }
  }
  return { sender: openMmsgSender(place, link, counts), kind: 'sendmmsg' };
}

class Afpacket implements AfpacketDevice {
  readonly transmitKind: TransmitKind;
  readonly link: Link;
  readonly descriptor: number;
  readonly ended = false;
  readonly receive: (batch: Batch, port: number) => number;
  readonly send: (bytes: Uint8Array, start: number, captured: number) => boolean;
  readonly flush: () => void;
  readonly #place: string;
  readonly #counts: DeviceCounts;
  readonly #ring: ReceiveRing;
  readonly #sender: Sender;
  #isOpen = true;

  constructor(place: string, link: Link, counts: DeviceCounts, ring: ReceiveRing, sender: Sender, kind: TransmitKind) {
    this.#place = place;
    this.link = link;
    this.#counts = counts;
    this.#ring = ring;
    this.#sender = sender;
    this.transmitKind = kind;
    this.descriptor = ring.descriptor;
    this.receive = ring.receive;
    this.send = sender.send;
    this.flush = sender.flush;
  }

  get pending(): number {
    return this.#sender.pending();
  }

  readCounts(): DeviceCounts {
    if (this.#isOpen) {
      this.#ring.readLost();
      this.#readMtu();
    }
    return this.#counts;
  }

  /** Somebody may have changed the mtu, or deleted the interface, which other counts do not suffer from. */
  #readMtu(): void {
    try {
      this.#ring.setMtu(linkOf(this.#place, this.link.name).mtu);
    } catch (error) {
      if (!(error instanceof ShimlineError)) throw error;
    }
  }

  close(): void {
    this.#isOpen = false;
    this.#sender.close();
    this.#ring.close();
  }
}
