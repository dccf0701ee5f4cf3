// A seeded generator of random numbers (sfc32), so that every run and every machine has the same tables and frames.

export interface Random {
  /** 32 random bits, unsigned. */
  word(): number;
  /** A whole number from 0 to `count` − 1. */
  below(count: number): number;
}

export function createRandom(seed: number): Random {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const word = (): number => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    return result >>> 0;
  };
  for (let i = 0; i < 12; i++) word();
  return { word, below: (count) => Math.floor((word() / 0x1_0000_0000) * count) };
}

/** The whole numbers from 0 to `count` − 1 in a random order. */
export function shuffled(random: Random, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = random.below(i + 1);
    const held = order[i];
    order[i] = order[other];
    order[other] = held;
  }
  return order;
}
