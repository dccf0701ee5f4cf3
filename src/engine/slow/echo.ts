// What is for the router itself (IP-3): punted, and answered when it is an echo request to an own address.
import { checksum } from '../../wire/checksum.ts';
import { ethernetBytes } from '../../wire/ethernet.ts';
import { buildEchoReply4, buildEchoReply6, Icmp4, Icmp6, icmpHeaderBytes } from '../../wire/icmp.ts';
import { isLinkLocal, packetBytes, readDestination } from '../../wire/ip.ts';
import * as v4 from '../../wire/ipv4.ts';
import * as v6 from '../../wire/ipv6.ts';
import { isOwnOf } from './addresses.ts';
import { drop, givePacket, makePacket, punt, punts, type SlowContext } from './context.ts';
import { wrapOwn } from './errors.ts';
import { send } from './forward.ts';
import { routeOwn } from './ip.ts';
import type { Packet } from './packet.ts';

/** Whether the packet begins like an echo request that is answered: no fragment, options or extension headers. */
function looksLikeEcho(packet: Packet, family: 4 | 6): boolean {
  const { bytes, ip, end, capturedEnd } = packet;
  const icmp = ip + (family === 4 ? v4.ipv4Bytes : v6.ipv6Bytes);
  if (icmp + icmpHeaderBytes > end || icmp >= capturedEnd) return false;
  if (family === 6) return bytes[ip + v6.nextHeaderAt] === v6.NextHeader.icmp && bytes[icmp] === Icmp6.echoRequest;
  return (
    v4.headerBytes(bytes, ip) === v4.ipv4Bytes &&
    !v4.isFragment(bytes, ip) &&
    bytes[ip + v4.protocolAt] === v4.protocolIcmp &&
    bytes[icmp] === Icmp4.echoRequest
  );
}

function checksumRight(packet: Packet, family: 4 | 6): boolean {
  const { bytes, ip, end } = packet;
  const icmp = ip + (family === 4 ? v4.ipv4Bytes : v6.ipv6Bytes);
  return family === 4 ? checksum(bytes, icmp, end - icmp) === 0 : v6.icmp6ChecksumRight(bytes, ip, icmp, end - icmp);
}

/** Whether the link-local destination is the interface's own: its echo goes back over the same link. */
function isOwnLinkLocal(context: SlowContext, packet: Packet, family: 4 | 6): boolean {
  const destination = readDestination(packet.bytes, packet.ip, family);
  return isLinkLocal(destination) && !packet.labelled && isOwnOf(context.tables, packet.interface, destination);
}

/** Punts the packet as `local`. `ownTable`: it is for an own address, which that table holds: echo is answered. */
export function receiveLocal(context: SlowContext, packet: Packet, family: 4 | 6, ownTable: number | undefined): void {
  const onLink = ownTable === undefined && isOwnLinkLocal(context, packet, family);
  packet.ownTable = ownTable ?? -1;
  // Behind a control port a kernel answers.
  if ((context.live?.control.portOf(packet) ?? -1) >= 0) return punt(context, packet, 'local');
  if (packet.made || (ownTable === undefined && !onLink) || !looksLikeEcho(packet, family)) {
    return punt(context, packet, 'local');
  }
  if (packet.capturedEnd < packet.end) return drop(context, packet, 'snapped');
  if (!checksumRight(packet, family)) return punt(context, packet, 'local');
  if (!punts(context, packet, 'local')) return;
  const request = arrivedPacket(packet, family);
  const reply = family === 4 ? buildEchoReply4(request) : buildEchoReply6(request);
  const made = makePacket(context, packet, wrapOwn(context, packet.interface, reply, family));
  made.beginWork(ethernetBytes);
  made.story?.step('echo reply');
  const destination = readDestination(reply, 0, family);
  if (ownTable === undefined || (isLinkLocal(destination) && !packet.labelled)) {
    made.ip = made.at;
    send(context, made, made.interface, -1, destination);
  } else {
    routeOwn(context, made, family, ownTable);
  }
  givePacket(context, made);
}

/** The IP packet as it arrived: labels that were popped above it have changed nothing in the reply. */
function arrivedPacket(packet: Packet, family: 4 | 6): Uint8Array {
  const at = packet.arrivedAt(packet.ip);
  const { arrived } = packet;
  return arrived.subarray(at, at + packetBytes(arrived, at, family));
}
