import { expect, test } from 'vitest';
import { Random } from '../../../test/property/random.ts';
import { NumberIndex } from './number-index.ts';

test('numbers are found by their hash as long as they are in, and used again', () => {
  const random = new Random(5);
  const index = new NumberIndex();
  const hashes = new Map<number, number>();
  for (let step = 0; step < 20_000; step++) {
    if (random.chance(0.55)) {
      // Few hashes, so that chains are long and shared.
      const hash = random.below(400) * 0x01010101;
      const item = index.add(hash);
      expect(hashes.has(item)).toBe(false);
      hashes.set(item, hash | 0);
    } else if (hashes.size > 0) {
      const item = random.pick([...hashes.keys()].slice(0, 50));
      index.remove(item);
      hashes.delete(item);
    }
    if (step % 500 > 0) continue;
    expect(index.count).toBe(hashes.size);
    for (const hash of new Set(hashes.values())) {
      const found: number[] = [];
      for (let item = index.first(hash); item >= 0; item = index.after(item)) found.push(item);
      const expected = [...hashes].flatMap(([item, each]) => (each === hash ? [item] : []));
      expect(found.sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
    }
  }
  expect(index.end).toBeLessThan(20_000);
});
