// Control ports: what is for the router itself goes, with an Ethernet header and without tags, to a kernel in a namespace
// of the user's choice, and what comes from there leaves by the interface, with its tags.
//
// Which one gets a frame: the control port of the (sub-)interface of arrival; where that has none, a packet for an own
// address goes to that of the interface that holds the address, and one for `id` or `id6` to the first of the global table.
import { globalTableIndex } from '../../../tables/actions.ts';
import { Interface, interfaceWords } from '../../../tables/interfaces.ts';
import type { Tables } from '../../../tables/tables.ts';
import { copyBytes, write16 } from '../../../wire/bytes.ts';
import { EtherType, ethernetBytes, sourceAt, typeAt, writeMac } from '../../../wire/ethernet.ts';
import { familyOf, readDestination } from '../../../wire/ip.ts';
import type { Output } from '../../output.ts';
import { addressesOf } from '../addresses.ts';
import { countMade, drop, givePacket, type SlowContext, takePacket, transmit } from '../context.ts';
import { linkHeaderBytes, writeTags } from '../link.ts';
import type { Packet } from '../packet.ts';

export class ControlPorts {
  readonly #tables: Tables;
  readonly #output: Output;
  /** By table and address. */
  readonly #holders = new Map<string, number>();
  #scratch = new Uint8Array(2048);

  constructor(tables: Tables, output: Output) {
    this.#tables = tables;
    this.#output = output;
    const { interfaceCount, interfaces } = tables.interfaces;
    let first = -1;
    for (let index = interfaceCount - 1; index >= 0; index--) {
      if (!this.has(index)) continue;
      const table = interfaces[index * interfaceWords + 2] as number;
      for (const family of [4, 6] as const)
        for (const { words } of addressesOf(tables, index, family)) this.#holders.set(holderKey(table, words), index);
      if (table === globalTableIndex) first = index;
    }
    const { id, id6 } = tables.settings;
    for (const words of [id === undefined ? undefined : [id], id6]) {
      const key = words && holderKey(globalTableIndex, words);
      if (key !== undefined && first >= 0 && !this.#holders.has(key)) this.#holders.set(key, first);
    }
  }

  /** Whether a kernel answers for the interface. */
  has(interfaceIndex: number): boolean {
    const flags = this.#tables.interfaces.interfaces[interfaceIndex * interfaceWords] as number;
    return (flags & Interface.control) !== 0 && this.#output.deliver !== undefined;
  }

  /** The interface whose control port gets the punted packet; -1: none does. */
  portOf(packet: Packet): number {
    if (packet.made) return -1;
    if (this.has(packet.interface)) return packet.interface;
    if (packet.ownTable < 0 || this.#holders.size === 0) return -1;
    const { bytes, ip } = packet;
    const key = holderKey(packet.ownTable, readDestination(bytes, ip, familyOf(bytes, ip)));
    return this.#holders.get(key) ?? -1;
  }

  /** Hands a punted packet over, if there is somebody to take it. */
  hand(packet: Packet): void {
    const to = this.portOf(packet);
    if (to < 0) return;
    const { arrived, start, captured, network, seconds, nanoseconds } = packet;
    const isUncovered = packet.labelled && packet.ip >= 0;
    if (to === packet.interface && !isUncovered && network - start === ethernetBytes) {
      this.#output.deliver?.(to, arrived, start, captured, seconds, nanoseconds);
      return;
    }
    const length = isUncovered || to !== packet.interface ? this.#wrap(packet, to) : this.#untag(packet);
    this.#output.deliver?.(to, this.#scratch, 0, length, seconds, nanoseconds);
  }

  #room(length: number): Uint8Array {
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(length);
    return this.#scratch;
  }

  #untag({ arrived, start, captured, network }: Packet): number {
    const behind = captured - (network - start);
    const bytes = this.#room(ethernetBytes + behind);
    copyBytes(arrived, start, bytes, 0, typeAt);
    copyBytes(arrived, network - 2, bytes, typeAt, behind + 2);
    return ethernetBytes + behind;
  }

  /** The IP packet behind a header to the interface's own MAC address. */
  #wrap(packet: Packet, to: number): number {
    const { interfaces } = this.#tables.interfaces;
    const behind = packet.capturedEnd - packet.ip;
    const bytes = this.#room(ethernetBytes + behind);
    const record = to * interfaceWords;
    writeMac(bytes, 0, interfaces[record + 4] as number, interfaces[record + 5] as number);
    copyBytes(packet.arrived, packet.start + sourceAt, bytes, sourceAt, 6);
    write16(bytes, typeAt, familyOf(packet.bytes, packet.ip) === 4 ? EtherType.ipv4 : EtherType.ipv6);
    copyBytes(packet.bytes, packet.ip, bytes, ethernetBytes, behind);
    return ethernetBytes + behind;
  }
}

function holderKey(table: number, words: readonly number[]): string {
  return `${table}/${words.join('.')}`;
}

/** A frame from the control port of an interface leaves by it. */
export function sendFromControl(
  context: SlowContext,
  interfaceIndex: number,
  bytes: Uint8Array,
  start: number,
  length: number,
  seconds: number,
  nanoseconds: number,
): void {
  const { interfaces } = context.tables.interfaces;
  const record = interfaceIndex * interfaceWords;
  const port = interfaces[record + 1] as number;
  const packet = takePacket(context);
  packet.arrive(bytes, start, length, length, port, seconds, nanoseconds);
  packet.made = true;
  packet.interface = interfaceIndex;
  countMade(context);
  if (length < ethernetBytes) drop(context, packet, 'runt');
  else if (((interfaces[record] as number) & Interface.up) === 0) drop(context, packet, 'path-down');
  else if (length - ethernetBytes > (interfaces[record + 3] as number)) drop(context, packet, 'too-big');
  else if (interfaces[record + 8] === 0) transmit(context, packet, interfaceIndex, bytes, start, length, length);
  else {
    const header = linkHeaderBytes(context, interfaceIndex);
    const frame = new Uint8Array(length - ethernetBytes + header);
    copyBytes(bytes, start, frame, 0, typeAt);
    writeTags(context, frame, 0, interfaceIndex);
    copyBytes(bytes, start + typeAt, frame, header - 2, length - typeAt);
    transmit(context, packet, interfaceIndex, frame, 0, frame.length, frame.length);
  }
  givePacket(context, packet);
}
