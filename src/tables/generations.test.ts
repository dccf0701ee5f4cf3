// Generations of readers, and the pool of words that waits for them.
import { describe, expect, test } from 'vitest';
import { Generations, generationWords } from './generations.ts';
import { WordPool } from './word-pool.ts';

const make = (readers: number) => new Generations(new Uint32Array(new SharedArrayBuffer(generationWords(readers) * 4)));

describe('generations', () => {
  test('without readers every generation is over at once', () => {
    const generations = make(2);
    expect([generations.readers, generations.hasReaders]).toEqual([2, false]);
    expect(generations.isOver(generations.present)).toBe(true);
  });

  test('a generation is over when every reader that is online has passed since', () => {
    const generations = make(2);
    generations.online(0);
    generations.online(1);
    const old = generations.present;
    expect(generations.isOver(old)).toBe(false);
    generations.advance();
    generations.pass(0);
    expect(generations.isOver(old)).toBe(false);
    generations.pass(1);
    expect(generations.isOver(old)).toBe(true);
    expect(generations.isOver(generations.present)).toBe(false);
  });

  test('a reader that goes offline, or is declared dead, holds nothing back; one that comes later neither', () => {
    const generations = make(2);
    generations.online(0);
    const old = generations.present;
    generations.advance();
    generations.online(1);
    expect(generations.isOver(old)).toBe(false);
    generations.offline(0);
    expect(generations.isOver(old)).toBe(true);
    expect(generations.hasReaders).toBe(true);
  });

  test('the count wraps past the number that means offline', () => {
    const generations = make(1);
    generations.words[0] = 0xffffffff;
    generations.online(0);
    generations.advance();
    expect(generations.present).toBe(1);
    expect(generations.isOver(0xffffffff)).toBe(false);
    generations.pass(0);
    expect(generations.isOver(0xffffffff)).toBe(true);
  });

  test('opening the words again, as another thread does, changes nothing', () => {
    const generations = make(1);
    generations.advance();
    expect(new Generations(generations.words).present).toBe(2);
  });
});

describe('pool of words', () => {
  test('hands out what was freed again, by class, and says so when there is no room', () => {
    const pool = new WordPool(1, 64);
    const first = pool.take(13);
    const second = pool.take(30);
    expect([first, second, pool.used]).toEqual([4, 20, 52]);
    pool.free(first, 13);
    expect(pool.used).toBe(36);
    expect(pool.take(16)).toBe(first);
    expect(pool.hasRoom(13)).toBe(false);
    expect(() => pool.take(13)).toThrow(RangeError);
    expect(pool.take(12)).toBe(52);
  });

  test('large pieces begin at a cache line, and the gap before them is not lost', () => {
    const pool = new WordPool(1, 1024);
    expect(pool.take(256)).toBe(16);
    expect(pool.used).toBe(4 + 256);
    expect([pool.take(4), pool.take(4), pool.take(4), pool.take(4)].sort((a, b) => a - b)).toEqual([4, 8, 12, 272]);
  });

  test('when nothing else is left, cuts small pieces from large ones', () => {
    const pool = new WordPool(0, 65_536 + 256);
    const large = pool.take(65_536);
    const dense = pool.take(256);
    pool.free(dense, 256);
    const small = Array.from({ length: 64 }, () => pool.take(4));
    expect(new Set(small).size).toBe(64);
    expect(small.every((place) => place >= dense && place < dense + 256)).toBe(true);
    expect(() => pool.take(4)).toThrow(RangeError);
    pool.free(large, 65_536);
    expect(pool.take(256) % 16).toBe(0);
    pool.take(4);
    expect(pool.used).toBe(256 + 4 + 256);
  });

  test('a piece that a reader may hold waits until the reader has passed', () => {
    const generations = make(1);
    const pool = new WordPool(0, 64, generations);
    const place = pool.take(32);
    generations.online(0);
    pool.free(place, 32);
    expect([pool.waiting, pool.used]).toEqual([1, 32]);
    pool.reclaim();
    expect(pool.waiting).toBe(1);
    expect(pool.take(32)).not.toBe(place);
    expect(() => pool.take(32)).toThrow(RangeError);
    generations.pass(0);
    expect(pool.take(32)).toBe(place);
    expect(pool.waiting).toBe(0);
  });

  test('thousands of pieces wait in the order of their generations', () => {
    const generations = make(1);
    const pool = new WordPool(0, 100_000, generations);
    const places = Array.from({ length: 5000 }, () => pool.take(4));
    for (const place of places.slice(0, 700)) pool.free(place, 4);
    expect(pool.waiting).toBe(0);
    generations.online(0);
    for (const place of places.slice(700, 2000)) pool.free(place, 4);
    generations.pass(0);
    for (const place of places.slice(2000)) pool.free(place, 4);
    expect(pool.waiting).toBeLessThanOrEqual(3000 + 64);
    generations.pass(0);
    pool.reclaim();
    generations.pass(0);
    pool.reclaim();
    expect([pool.waiting, pool.used]).toEqual([0, 0]);
  });
});
