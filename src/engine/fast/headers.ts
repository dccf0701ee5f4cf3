// Pass 3 of the fast path: what must hold of an IP header before it is routed. What is not plain leaves its list and is
// the slow path's. `length` becomes the packet's own, without what lies behind it.
import type { Batch } from '../../wire/batch.ts';
import type { FastState } from './state.ts';

export function createHeaderPass(batch: Batch, state: FastState) {
  const { words } = batch;
  const { top, length } = state;

  /**
   * Admits the IPv4 packets in places [from, to) of a list, keeping them from place `from` on; answers the new end.
   * `routed`: addresses that may not be routed here are looked for too.
   */
  function admit4(list: Uint32Array, from: number, to: number, routed: boolean): number {
    let kept = from;
    for (let i = from; i < to; i++) {
      const slot = list[i] as number;
      const at = top[slot] as number;
      const w0 = words[at] as number;
      const w1 = words[at + 1] as number;
      const w2 = words[at + 2] as number;
      const source = words[at + 3] as number;
      const destination = words[at + 4] as number;
      const total = ((w0 >>> 8) & 0xff00) | (w0 >>> 24);
      // The one's complement sum does not care for the order of bytes, so halves are added as they lie.
      let sum =
        (w0 & 0xffff) +
        (w0 >>> 16) +
        (w1 & 0xffff) +
        (w1 >>> 16) +
        (w2 & 0xffff) +
        (w2 >>> 16) +
        (source & 0xffff) +
        (source >>> 16) +
        (destination & 0xffff) +
        (destination >>> 16);
      sum = (sum & 0xffff) + (sum >>> 16);
      sum = (sum & 0xffff) + (sum >>> 16);
      if ((w0 & 0xff) !== 0x45 || total < 20 || total > (length[slot] as number) || sum !== 0xffff) continue;
      const to4 = destination & 0xff;
      if (to4 === 127) continue;
      if (routed) {
        const from4 = source & 0xff;
        if (from4 === 0 || from4 === 127 || from4 >= 224 || to4 === 0 || to4 >= 224) continue;
        if ((source & 0xffff) === 0xfea9 || (destination & 0xffff) === 0xfea9) continue;
      }
      length[slot] = total;
      list[kept++] = slot;
    }
    return kept;
  }

  /** The same for IPv6. */
  function admit6(list: Uint32Array, from: number, to: number): number {
    let kept = from;
    for (let i = from; i < to; i++) {
      const slot = list[i] as number;
      const at = top[slot] as number;
      const w1 = words[at + 1] as number;
      const rest = length[slot] as number;
      const payload = ((w1 & 0xff) << 8) | ((w1 >>> 8) & 0xff);
      if (rest < 40 || ((words[at] as number) & 0xf0) !== 0x60 || payload > rest - 40) continue;
      if (isSpecial6(words[at + 2] as number) || isSpecial6(words[at + 6] as number)) continue;
      length[slot] = payload + 40;
      list[kept++] = slot;
    }
    return kept;
  }

  return { admit4, admit6 };
}

/** First word of addresses that rules speak of by name: ::/32 (unspecified, loopback, mapped), fe80::/10, ff00::/8. */
function isSpecial6(first: number): boolean {
  return first === 0 || (first & 0xff) === 0xff || (first & 0xc0ff) === 0x80fe;
}
