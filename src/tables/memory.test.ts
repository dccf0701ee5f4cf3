import { expect, test } from 'vitest';
import { bytesForWords, TableMemory } from './memory.ts';

test('pieces begin at cache lines, do not overlap, and end before the end of the block', () => {
  const memory = new TableMemory(bytesForWords(1, 17, 100));
  const pieces = [memory.words(1), memory.words(17), memory.words(100)];
  let end = 0;
  for (const piece of pieces) {
    expect(piece.byteOffset % 64).toBe(0);
    expect(piece.byteOffset).toBeGreaterThanOrEqual(end);
    end = piece.byteOffset + piece.byteLength;
  }
  expect(memory.free).toBeGreaterThanOrEqual(0);
  expect(memory.buffer.byteLength - end).toBeGreaterThanOrEqual(4096);
  expect(() => memory.take(memory.free + 64)).toThrow(RangeError);
});

test('the block is a WebAssembly memory of fixed size, or without one a plain shared buffer', () => {
  const memory = new TableMemory(1000);
  expect(memory.webAssembly?.buffer).toBe(memory.buffer);
  const plain = new TableMemory(new SharedArrayBuffer(65_536));
  expect(plain.webAssembly).toBeUndefined();
  expect(plain.words(4).buffer).toBe(plain.buffer);
});

test('who opens a block sees what is in it, and after closing gives nothing away', () => {
  const memory = new TableMemory(bytesForWords(4));
  memory.words(4).set([1, 2, 3, 4]);
  const other = new TableMemory(memory.block);
  expect([...other.words(4)]).toEqual([1, 2, 3, 4]);
  other.close();
  expect(() => other.take(64)).toThrow(RangeError);
});
