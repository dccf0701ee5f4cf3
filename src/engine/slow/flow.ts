// The flow hash of a packet, computed from its arriving bytes when first asked for.
import { typeAt } from '../../wire/ethernet.ts';
import { hashEthernet, hashIp, hashLabelled } from '../hash.ts';
import type { SlowContext } from './context.ts';
import type { Packet } from './packet.ts';

/** ECMP-1, once a packet. */
export function flowHash(context: SlowContext, packet: Packet): number {
  if (packet.hash >= 0) return packet.hash;
  const { hashSeed, hashPayload } = context.tables.settings;
  const { arrived, network } = packet;
  if (packet.frame >= 0) {
    packet.hash = hashEthernet(hashSeed, packet.bytes, packet.frame, packet.frame + typeAt, packet.capturedEnd);
    return packet.hash;
  }
  const capturedEnd = packet.start + packet.captured;
  packet.hash = packet.labelled
    ? hashLabelled(hashSeed, arrived, network, capturedEnd, hashPayload)
    : hashIp(hashSeed, arrived, network, capturedEnd);
  return packet.hash;
}
