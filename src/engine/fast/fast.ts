// The fast path: the common cases of the slow path over a whole batch, in passes, so that the CPU overlaps the cache
// misses of many frames. Whatever it is not sure of it leaves untouched for the slow path, and says so.
//
// Map of the passes over frames [from, to), a file each:
//   1  link.ts      tags and MAC to an interface, EtherType to a list: IPv4, IPv6 or labels. A frame that may change
//                   neighbours (ARP, ND) ends the run: what follows must see its effect.
//   2  labels.ts    explicit null, pop, label to table or to a path; swaps and pops are sent from here, IP that is
//                   uncovered joins the lists of pass 3
//   3  headers.ts   IP checks
//   4  lookup.ts    one pass a trie level
//   5  send.ts      leg, labels, TTL, checksum; legs.ts where a leg is not flat; depart.ts: size, neighbour, link header
//   6  layer2.ts    frames of circuits and those beneath pseudowire labels, last of all: it has to know what is left
//   7  here         what leaves is counted, what stays is listed
//
// Each pass is a closure made for one batch: arrays captured as `const` are faster by half than arrays passed. The same
// passes stand in kernels/ once more, in AssemblyScript, for a runtime with WebAssembly; these here are their reference
// and their fallback, and the tests hold both to the same result.
import type { Tables } from '../../tables/tables.ts';
import type { Batch } from '../../wire/batch.ts';
import type { Counters } from '../counters.ts';
import { createDeparture } from './depart.ts';
import { createHeaderPass } from './headers.ts';
import { createLabelPass } from './labels.ts';
import { createLayer2Pass } from './layer2.ts';
import { createLegWalk } from './legs.ts';
import { createLinkPass } from './link.ts';
import { createLookupPass } from './lookup.ts';
import { createSendPass } from './send.ts';
import { fastState } from './state.ts';

export interface FastPath {
  /** Slots of the last run that are left to the slow path, in order; `slowCount` of them. The others have an egress. */
  readonly slow: Uint32Array;
  readonly slowCount: number;
  /** Treats frames from slot `from` on, of `count` in the batch; answers the slot behind the last one treated. */
  run(from: number, count: number): number;
}

export interface FastOptions {
  /** Frames of bridges may be taken: all frames before them have been treated. Default true. */
  readonly bridges?: boolean;
}

export function createFastPath(
  tables: Tables,
  counters: Counters,
  batch: Batch,
  { bridges = true }: FastOptions = {},
): FastPath {
  const hasCircuits = tables.circuits.circuitCount > 1;
  const bridging = bridges && tables.circuits.bridgeCount > 0;
  const state = fastState(batch);
  const { list4, list6, direct4, direct6, slow } = state;
  const { captured, egress } = batch;
  const { outFrames, outBytes } = counters;
  const { link, sorted } = createLinkPass(tables, counters, batch, state, bridging);
  const departure = createDeparture(tables, batch, state);
  const legWalk = createLegWalk(tables, batch, state);
  const { actOnLabels, uncovered } = createLabelPass(tables, batch, state, departure, legWalk);
  const { admit4, admit6 } = createHeaderPass(batch, state);
  const { lookup4, lookup6 } = createLookupPass(tables, batch, state);
  const { send4, send6, sendDirect } = createSendPass(tables, batch, state, departure, legWalk);
  const layer2 = createLayer2Pass(tables, batch, state, departure, legWalk, bridging);

  function route4(): void {
    const plain = admit4(list4, 0, sorted.ip4, true);
    // What was uncovered moves up behind what arrived as IP.
    const popped = uncovered.ip4 - sorted.ip4;
    list4.copyWithin(plain, sorted.ip4, uncovered.ip4);
    const count = popped === 0 ? plain : admit4(list4, plain, plain + popped, true);
    lookup4(count);
    send4(count, plain);
  }

  function route6(): void {
    const plain = admit6(list6, 0, sorted.ip6);
    const popped = uncovered.ip6 - sorted.ip6;
    list6.copyWithin(plain, sorted.ip6, uncovered.ip6);
    const count = popped === 0 ? plain : admit6(list6, plain, plain + popped);
    lookup6(count);
    send6(count, plain);
  }

  /** Pass 7. Frames in a row often leave by the same port. */
  function tally(from: number, to: number): void {
    let left = 0;
    let out = 0;
    let frames = 0;
    let octets = 0;
    for (let slot = from; slot < to; slot++) {
      const port = egress[slot] as number;
      if (port !== out) {
        if (out > 0) departed(out - 1, frames, octets);
        out = port;
        frames = 0;
        octets = 0;
      }
      if (port === 0) slow[left++] = slot;
      frames++;
      octets += captured[slot] as number;
    }
    if (out > 0) departed(out - 1, frames, octets);
    fast.slowCount = left;
  }

  function departed(port: number, frames: number, octets: number): void {
    outFrames[port] = (outFrames[port] as number) + frames;
    outBytes[port] = (outBytes[port] as number) + octets;
  }

  const fast = {
    slow,
    slowCount: 0,
    run(from: number, count: number): number {
      const to = link(from, count);
      uncovered.ip4 = sorted.ip4;
      uncovered.ip6 = sorted.ip6;
      uncovered.direct4 = 0;
      uncovered.direct6 = 0;
      if (sorted.labels + sorted.walk > 0) actOnLabels(sorted.labels, sorted.walk);
      if (uncovered.ip4 > 0) route4();
      if (uncovered.ip6 > 0) route6();
      if (uncovered.direct4 > 0) sendDirect(direct4, admit4(direct4, 0, uncovered.direct4, false), 4);
      if (uncovered.direct6 > 0) sendDirect(direct6, admit6(direct6, 0, uncovered.direct6), 6);
      if (hasCircuits) layer2.forward(from, to);
      tally(from, to);
      return to;
    },
  };
  return fast;
}
