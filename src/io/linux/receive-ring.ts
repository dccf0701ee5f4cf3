// What both receive rings have in common: the socket around the ring, what it lost, and how it is set up and closed.
//
// Order of set-up: no protocol, ring, mmap, no frames of our own, promiscuous, then bind; the fanout group comes last. So
// nothing arrives that the ring does not hold.
import type { Batch } from '../../wire/batch.ts';
import type { DeviceCounts } from '../live-device.ts';
import type { FanoutGroup } from './fanout.ts';
import { joinFanout } from './fanout.ts';
import { headerBytes, tagBytes } from './frame-copy.ts';
import { callError, libc } from './libc.ts';
import type { Link } from './link.ts';
import { type Mapping, map } from './mapping.ts';
import { offloadReserveBytes } from './offload.ts';
import {
  bindToLink,
  everyProtocol,
  levelPacket,
  makePromiscuous,
  openPacketSocket,
  PacketOption,
  setOption,
} from './packet-socket.ts';

export const blockBytes = 256 * 1024;
export const packetVersion = { v2: 1, v3: 2 } as const;

export interface ReceiveRing {
  readonly descriptor: number;
  /** As `receive` of LiveDevice. */
  receive(batch: Batch, port: number): number;
  /** Adds to `receiveLost` what the ring has lost since it was asked last. */
  readLost(): void;
  /** Longer frames than the mtu allows were put together by an offload. */
  setMtu(mtu: number): void;
  close(): void;
}

/** The longest frame that a link with this mtu carries, with two tags, bytes. */
export function frameBytesUsual(mtu: number): number {
  return mtu + headerBytes + 2 * tagBytes;
}

export interface RingSocket {
  readonly fd: number;
  readonly mapping: Mapping;
  readLost(counts: DeviceCounts): void;
  close(): void;
}

export interface RingOptions {
  readonly place: string;
  readonly link: Link;
  readonly version: number;
  readonly ringBytes: number;
  /** struct tpacket_req or tpacket_req3. */
  readonly request: readonly number[];
  readonly fanout: FanoutGroup | undefined;
  /** What else the socket has to know before it is bound. */
  prepare?(fd: number): void;
}

export function openRingSocket(options: RingOptions): RingSocket {
  const { place, link } = options;
  const fd = openPacketSocket(place);
  let mapping: Mapping | undefined;
  try {
    setOption(place, fd, PacketOption.version, 'PACKET_VERSION', [options.version]);
    setOption(place, fd, PacketOption.reserve, 'PACKET_RESERVE', [offloadReserveBytes]);
    setOption(place, fd, PacketOption.offloadHeader, 'PACKET_VNET_HDR', [1]);
    setOption(place, fd, PacketOption.receiveRing, 'PACKET_RX_RING', options.request);
    options.prepare?.(fd);
    mapping = map(place, options.ringBytes, fd);
    setOption(place, fd, PacketOption.ignoreOutgoing, 'PACKET_IGNORE_OUTGOING', [1]);
    makePromiscuous(place, fd, link);
    bindToLink(place, fd, link, everyProtocol);
    if (options.fanout !== undefined) joinFanout(place, fd, options.fanout);
  } catch (error) {
    mapping?.unmap();
    libc().close(fd);
    throw error;
  }
  return ringSocket(place, fd, mapping);
}

function ringSocket(place: string, fd: number, mapping: Mapping): RingSocket {
  // tpacket_stats: packets@0, drops@4; the third word, of version 3, counts moments and not frames. Reading resets them.
  const statistics = new Uint32Array(3);
  const length = new Uint32Array(1);
  let isOpen = true;
  return {
    fd,
    mapping,
    readLost(counts) {
      if (!isOpen) return;
      length[0] = statistics.byteLength;
      if (libc().getsockopt(fd, levelPacket, PacketOption.statistics, statistics, length) < 0) {
        throw callError(place, 'PACKET_STATISTICS');
      }
      counts.receiveLost += statistics[1];
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      mapping.unmap();
      libc().close(fd);
    },
  };
}
