// Packets for the cases: so many, side by side, each at a multiple of a stride.
import { createRandom, type Random } from '../random.ts';

export const packetCount = 1024;
export const stride = 64;

export function layOut(make: (random: Random) => readonly number[]): Uint8Array {
  const random = createRandom(3);
  const bytes = new Uint8Array(new SharedArrayBuffer(packetCount * stride));
  for (let i = 0; i < packetCount; i++) bytes.set(make(random), i * stride);
  return bytes;
}
