// Pass 3 (src/engine/fast/headers.ts): what must hold of an IP header before it is routed.
import { SLOT_LENGTH, SLOT_TOP } from './layout';
import * as state from './state';

/**
 * Admits the IPv4 packets in places [from, to) of the list at `list`, keeping them from place `kept` on; answers the new
 * end. `routed`: addresses that may not be routed here are looked for too.
 */
// @ts-ignore: decorator
@inline
export function admit4(list: u32, from: u32, to: u32, kept: u32, routed: bool): u32 {
  const slots = state.slots;
  for (let i = from; i < to; i++) {
    const slot = load<u32>(list + (i << 2));
    const f = slots + (slot << 2);
    const at = load<u32>(f, SLOT_TOP);
    const w0 = load<u32>(at);
    const source = load<u32>(at, 12);
    const destination = load<u32>(at, 16);
    const total = ((w0 >>> 8) & 0xff00) | (w0 >>> 24);
    // The one's complement sum does not care for the order of bytes, nor for the width of what is added.
    let sum = <u64>w0 + <u64>load<u32>(at, 4) + <u64>load<u32>(at, 8) + <u64>source + <u64>destination;
    sum = (sum & 0xffffffff) + (sum >>> 32);
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    if (sum != 0xffff || (w0 & 0xff) != 0x45 || total < 20 || total > load<u32>(f, SLOT_LENGTH)) continue;
    const toByte = destination & 0xff;
    if (toByte == 127) continue;
    if (routed) {
      const fromByte = source & 0xff;
      if (fromByte - 1 >= 223 || fromByte == 127 || toByte - 1 >= 223) continue;
      if ((source & 0xffff) == 0xfea9 || (destination & 0xffff) == 0xfea9) continue;
    }
    store<u32>(f, total, SLOT_LENGTH);
    store<u32>(list + (kept++ << 2), slot);
  }
  return kept;
}

/** The same for IPv6. */
// @ts-ignore: decorator
@inline
export function admit6(list: u32, from: u32, to: u32, kept: u32): u32 {
  const slots = state.slots;
  for (let i = from; i < to; i++) {
    const slot = load<u32>(list + (i << 2));
    const f = slots + (slot << 2);
    const at = load<u32>(f, SLOT_TOP);
    const rest = load<u32>(f, SLOT_LENGTH);
    const w1 = load<u32>(at, 4);
    const payload = ((w1 & 0xff) << 8) | ((w1 >>> 8) & 0xff);
    if (rest < 40 || (load<u8>(at) & 0xf0) != 0x60 || payload > rest - 40) continue;
    if (isSpecial6(load<u32>(at, 8)) || isSpecial6(load<u32>(at, 24))) continue;
    store<u32>(f, payload + 40, SLOT_LENGTH);
    store<u32>(list + (kept++ << 2), slot);
  }
  return kept;
}

/** First word of addresses that rules speak of by name: ::/32, fe80::/10, ff00::/8. */
// @ts-ignore: decorator
@inline
function isSpecial6(first: u32): bool {
  return first == 0 || (first & 0xff) == 0xff || (first & 0xc0ff) == 0x80fe;
}
