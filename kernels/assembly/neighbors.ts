// Which frames may teach a neighbour (src/engine/fast/neighbor-frames.ts): ARP and neighbour discovery.

/** Whether a frame that the slow path will treat could teach it a neighbour. Rare, so bytewise and generous. */
export function mayChangeNeighbors(begin: u32, present: u32): bool {
  const end = begin + present;
  let at = begin + 12;
  for (let tag = 0; tag < 2 && at + 2 <= end; tag++) {
    const type = load<u16>(at);
    if (type != 0x0081 && type != 0xa888) break;
    at += 4;
  }
  if (at + 2 > end) return false;
  const type = load<u16>(at);
  if (type == 0x0608) return true;
  if (type != 0xdd86 || at + 43 > end || load<u8>(at, 8) != 58) return false;
  return load<u8>(at, 42) == 135 || load<u8>(at, 42) == 136;
}
