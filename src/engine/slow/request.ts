// Asking for a neighbour: ARP requests and neighbour solicitations; and the sending of frames made from scratch.
import { interfaceWords } from '../../tables/interfaces.ts';
import { ArpOperation, arpBytes, writeArp } from '../../wire/arp.ts';
import { EtherType } from '../../wire/ethernet.ts';
import { isLinkLocal } from '../../wire/ip.ts';
import { ndPacketBytes, solicitedNode, writeNd } from '../../wire/nd.ts';
import { addressesOf, coveringAddress } from './addresses.ts';
import { givePacket, makePacket, type SlowContext, transmit } from './context.ts';
import { linkHeaderBytes, writeLinkHeader } from './link.ts';
import type { Packet } from './packet.ts';

/** A frame that leaves by an interface without any look-up. */
export interface MadeFrame {
  readonly macHigh: number;
  readonly macLow: number;
  readonly etherType: number;
  /** Length of what follows the link header. */
  readonly bytes: number;
  readonly told: string;
  write(bytes: Uint8Array, at: number): void;
}

export function sendMadeFrame(context: SlowContext, cause: Packet, interfaceIndex: number, frame: MadeFrame): void {
  const at = linkHeaderBytes(context, interfaceIndex);
  const bytes = new Uint8Array(at + frame.bytes);
  writeLinkHeader(context, bytes, at, interfaceIndex, frame.macHigh, frame.macLow, frame.etherType);
  frame.write(bytes, at);
  const made = makePacket(context, cause, bytes);
  if (made.story !== undefined) {
    const { names } = made.story;
    const port = context.tables.interfaces.interfaces[interfaceIndex * interfaceWords + 1] as number;
    made.story.interfaces.add(names.interface(interfaceIndex)).add(names.port(port));
    made.story.step(`${names.interface(interfaceIndex)}: ${frame.told}`);
  }
  transmit(context, made, interfaceIndex, bytes, 0, bytes.length, bytes.length);
  givePacket(context, made);
}

/** The interface's address to ask from: of the neighbour's subnet, of its scope, or any of the family. */
function askingAddress(
  context: SlowContext,
  interfaceIndex: number,
  address: readonly number[],
): readonly number[] | undefined {
  const { tables } = context;
  const covering = coveringAddress(tables, interfaceIndex, address);
  if (covering !== undefined) return covering;
  const own = [...addressesOf(tables, interfaceIndex, address.length === 1 ? 4 : 6)].map((each) => each.words);
  return own.find((words) => isLinkLocal(words) === isLinkLocal(address)) ?? own[0];
}

/**
 * Asks for the neighbour by ARP or ND, all stations that may have the address or the one with a MAC address known before.
 * An interface without an address of the family has nothing to ask from.
 */
export function requestNeighbor(
  context: SlowContext,
  cause: Packet,
  interfaceIndex: number,
  address: readonly number[],
  mac?: { readonly high: number; readonly low: number },
): void {
  const source = askingAddress(context, interfaceIndex, address);
  if (source === undefined) return;
  const { interfaces } = context.tables.interfaces;
  const record = interfaceIndex * interfaceWords;
  const macHigh = interfaces[record + 4] as number;
  const macLow = interfaces[record + 5] as number;
  if (address.length === 1) {
    return sendMadeFrame(context, cause, interfaceIndex, {
      macHigh: mac?.high ?? 0xffff,
      macLow: mac?.low ?? 0xffffffff,
      etherType: EtherType.arp,
      bytes: arpBytes,
      told: 'ARP request',
      write: (bytes, at) =>
        writeArp(bytes, at, {
          operation: ArpOperation.request,
          senderMacHigh: macHigh,
          senderMacLow: macLow,
          sender: source[0] as number,
          targetMacHigh: 0,
          targetMacLow: 0,
          target: address[0] as number,
        }),
    });
  }
  const group = solicitedNode(address);
  sendMadeFrame(context, cause, interfaceIndex, {
    macHigh: mac?.high ?? 0x3333,
    macLow: mac?.low ?? (group[3] as number),
    etherType: EtherType.ipv6,
    bytes: ndPacketBytes,
    told: 'neighbour solicitation',
    write: (bytes, at) =>
      writeNd(bytes, at, {
        solicitation: true,
        source,
        destination: mac === undefined ? group : address,
        target: address,
        flags: 0,
        macHigh,
        macLow,
      }),
  });
}
