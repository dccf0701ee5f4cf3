// Pass 1 of the fast path: tags and MAC to an interface, EtherType to a list. A frame that may change neighbours (ARP,
// neighbour discovery) ends the run: what follows must see its effect. Arrivals are counted here as well.
//
// Frames of one port come in rows, so what a port and an interface say is kept from frame to frame.
import { Interface, interfaceWords, mapWords, portWords } from '../../tables/interfaces.ts';
import type { Tables } from '../../tables/tables.ts';
import type { Batch } from '../../wire/batch.ts';
import type { Counters } from '../counters.ts';
import { mayChangeNeighbors } from './neighbor-frames.ts';
import { type FastState, Mark, TYPE_IPV4, TYPE_IPV6, TYPE_MPLS, TYPE_SERVICE, TYPE_VLAN } from './state.ts';

/** Lengths of the lists that a run begins with. */
export interface Sorted {
  ip4: number;
  ip6: number;
  labels: number;
  /** Labelled frames from an interface with an accept list: they go the long way. */
  walk: number;
}

/** `bridging`: frames that are left may reach a bridge, which the layer 2 pass has to know. */
export function createLinkPass(tables: Tables, counters: Counters, batch: Batch, state: FastState, bridging: boolean) {
  const { ports, interfaces, maps } = tables.interfaces;
  const { inFrames, inBytes } = counters;
  const { words, bytes, start, captured, original, port: arrivalPort, egress } = batch;
  const { top, network, length, table, ingress, list4, list6, labels, walk } = state;
  const { mark, macs, rest, circuit } = state;
  const hasCircuits = tables.circuits.circuitCount > 1;
  const suspect = bridging ? Mark.suspect : 0;
  const sorted: Sorted = { ip4: 0, ip6: 0, labels: 0, walk: 0 };

  /** Sorts frames from slot `from` on into lists; answers the end of the run. */
  function link(from: number, count: number): number {
    let ip4 = 0;
    let ip6 = 0;
    let labelled = 0;
    let guarded = 0;
    let port = -1;
    let untagged = 0;
    let wholePort = false;
    let frames = 0;
    let octets = 0;
    // Of interface `match - 1`; 0 is none.
    let match = 0;
    let flags = 0;
    let mac0 = 0;
    let mac2 = 0;
    let ipTable = 0;
    let acceptList = 0;
    let slot = from;
    while (slot < count) {
      const wire = original[slot] as number;
      if (arrivalPort[slot] !== port) {
        if (port >= 0) arrived(port, frames, octets);
        port = arrivalPort[slot] as number;
        untagged = ports[port * portWords] as number;
        wholePort = untagged > 0 && ((interfaces[(untagged - 1) * interfaceWords] as number) & Interface.circuit) !== 0;
        frames = 0;
        octets = 0;
      }
      frames++;
      octets += wire;
      egress[slot] = 0;
      if (hasCircuits) mark[slot] = suspect;
      const begin = start[slot] as number;
      const present = captured[slot] as number;
      if (present < 34 || present !== wire) {
        if (mayChangeNeighbors(bytes, begin, present)) break;
        slot++;
        continue;
      }
      let at = (begin + 14) >>> 2;
      let type = (words[at - 1] as number) >>> 16;
      let owner = untagged;
      if (type === TYPE_VLAN) {
        const tci = words[at] as number;
        owner = taggedOwner(port, tci);
        if (owner === 0 && wholePort) {
          owner = untagged;
        } else {
          type = tci >>> 16;
          at++;
        }
      }
      if (owner !== match) {
        match = owner;
        const record = (owner - 1) * interfaceWords;
        flags = owner === 0 ? 0 : (interfaces[record] as number);
        mac0 = owner === 0 ? 0 : (interfaces[record + 12] as number);
        mac2 = owner === 0 ? 0 : (mac0 >>> 16) | ((interfaces[record + 13] as number) << 16);
        ipTable = owner === 0 ? 0 : (interfaces[record + 2] as number);
        acceptList = owner === 0 ? 0 : (interfaces[record + 9] as number);
      }
      ingress[slot] = owner - 1;
      if ((flags & Interface.circuit) !== 0) {
        const tagged = begin + 14 !== at << 2;
        // A service tag may name a QinQ sub-interface.
        if (tagged || type !== TYPE_SERVICE || ports[port * portWords + 3] === 0) {
          mark[slot] = Mark.frame | (tagged ? ((words[at - 1] as number) & 0xf0) << Mark.priority : 0);
          macs[slot] = begin;
          rest[slot] = (at << 2) - 2;
          circuit[slot] = ipTable;
        }
        slot++;
        continue;
      }
      const ours =
        owner !== 0 &&
        (((words[begin >>> 2] as number) >>> 16) ^ (mac0 & 0xffff)) === 0 &&
        ((words[(begin + 2) >>> 2] as number) ^ mac2) === 0;
      if (ours && type === TYPE_IPV4 && (flags & urpf) === 0) {
        list4[ip4++] = slot;
        table[slot] = ipTable;
        if (hasCircuits) mark[slot] = 0;
      } else if (ours && type === TYPE_MPLS && (flags & Interface.mpls) !== 0) {
        if (acceptList === 0) labels[labelled++] = slot;
        else walk[guarded++] = slot;
      } else if (
        ours &&
        type === TYPE_IPV6 &&
        (flags & urpf) === 0 &&
        // ICMPv6 may be neighbour discovery: byte 6 of the header.
        ((words[at + 1] as number) & 0x00ff0000) !== 58 << 16
      ) {
        list6[ip6++] = slot;
        table[slot] = ipTable;
        if (hasCircuits) mark[slot] = 0;
      } else if (mayChangeNeighbors(bytes, begin, present)) {
        break;
      }
      top[slot] = at;
      network[slot] = at;
      length[slot] = begin + present - (at << 2);
      slot++;
    }
    if (port >= 0) arrived(port, frames, octets);
    sorted.ip4 = ip4;
    sorted.ip6 = ip6;
    sorted.labels = labelled;
    sorted.walk = guarded;
    return slot < count ? slot + 1 : count;
  }

  /** The interface + 1 that takes frames with this tag on the port; a priority tag goes the slow path. */
  function taggedOwner(port: number, tci: number): number {
    const vid = ((tci & 0x0f) << 8) | ((tci >>> 8) & 0xff);
    const vlans = ports[port * portWords + 2] as number;
    return vlans === 0 || vid === 0 ? 0 : (maps[(vlans - 1) * mapWords + vid] as number);
  }

  function arrived(port: number, frames: number, octets: number): void {
    inFrames[port] = (inFrames[port] as number) + frames;
    inBytes[port] = (inBytes[port] as number) + octets;
  }

  return { link, sorted };
}

const urpf = Interface.urpfStrict | Interface.urpfLoose;
