// The frames that ticks send: requests, probes and announcements, which nothing that arrived has caused.
import { Interface, interfaceWords } from '../../../tables/interfaces.ts';
import { ArpOperation, arpBytes, writeArp } from '../../../wire/arp.ts';
import { EtherType } from '../../../wire/ethernet.ts';
import { ndPacketBytes, ndProbeBytes, solicitedNode, writeNd } from '../../../wire/nd.ts';
import { givePacket, type SlowContext, takePacket } from '../context.ts';
import { allNodes, allNodesMac, NdFlag } from '../nd.ts';
import type { Packet } from '../packet.ts';
import { requestNeighbor, sendMadeFrame } from '../request.ts';
import type { AnnounceActions } from './announce.ts';

const unspecified = [0, 0, 0, 0];
const nothing = new Uint8Array(0);

/** Runs `act` with a packet that stands for the moment: what is made because of it has the interface's port and this time. */
function withCause(
  context: SlowContext,
  interfaceIndex: number,
  seconds: number,
  nanoseconds: number,
  act: (cause: Packet) => void,
): void {
  const { interfaces } = context.tables.interfaces;
  const record = interfaceIndex * interfaceWords;
  if (((interfaces[record] as number) & Interface.up) === 0) return;
  const cause = takePacket(context);
  cause.arrive(nothing, 0, 0, 0, interfaces[record + 1] as number, seconds, nanoseconds);
  cause.interface = interfaceIndex;
  cause.number = 0;
  act(cause);
  givePacket(context, cause);
}

/** Asks for an address; by unicast if a MAC address is given. */
export function requestAt(
  context: SlowContext,
  interfaceIndex: number,
  address: readonly number[],
  seconds: number,
  nanoseconds: number,
  mac?: { readonly high: number; readonly low: number },
): void {
  withCause(context, interfaceIndex, seconds, nanoseconds, (cause) =>
    requestNeighbor(context, cause, interfaceIndex, address, mac),
  );
}

export function announceActions(context: SlowContext, seconds: number, nanoseconds: number): AnnounceActions {
  const { interfaces } = context.tables.interfaces;
  const send = (interfaceIndex: number, act: (cause: Packet, high: number, low: number) => void) => {
    const record = interfaceIndex * interfaceWords;
    const [high, low] = [interfaces[record + 4] as number, interfaces[record + 5] as number];
    withCause(context, interfaceIndex, seconds, nanoseconds, (cause) => act(cause, high, low));
  };
  return {
    gratuitousArp: (interfaceIndex, [own]) =>
      send(interfaceIndex, (cause, high, low) =>
        sendMadeFrame(context, cause, interfaceIndex, {
          macHigh: 0xffff,
          macLow: 0xffffffff,
          etherType: EtherType.arp,
          bytes: arpBytes,
          told: 'gratuitous ARP',
          write: (bytes, at) =>
            writeArp(bytes, at, {
              operation: ArpOperation.request,
              senderMacHigh: high,
              senderMacLow: low,
              sender: own as number,
              targetMacHigh: 0,
              targetMacLow: 0,
              target: own as number,
            }),
        }),
      ),
    solicitation: (interfaceIndex, own) =>
      send(interfaceIndex, (cause, high, low) => {
        const group = solicitedNode(own);
        sendMadeFrame(context, cause, interfaceIndex, {
          macHigh: 0x3333,
          macLow: group[3] as number,
          etherType: EtherType.ipv6,
          bytes: ndProbeBytes,
          told: 'duplicate address detection',
          write: (bytes, at) =>
            writeNd(bytes, at, {
              solicitation: true,
              source: unspecified,
              destination: group,
              target: own,
              flags: 0,
              macHigh: high,
              macLow: low,
            }),
        });
      }),
    advertisement: (interfaceIndex, own) =>
      send(interfaceIndex, (cause, high, low) =>
        sendMadeFrame(context, cause, interfaceIndex, {
          macHigh: allNodesMac.high,
          macLow: allNodesMac.low,
          etherType: EtherType.ipv6,
          bytes: ndPacketBytes,
          told: 'unsolicited advertisement',
          write: (bytes, at) =>
            writeNd(bytes, at, {
              solicitation: false,
              source: own,
              destination: allNodes,
              target: own,
              flags: NdFlag.router | NdFlag.override,
              macHigh: high,
              macLow: low,
            }),
        }),
      ),
  };
}
