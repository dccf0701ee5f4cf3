import { expect, test } from 'vitest';
import { RecordParser } from './cap-records.ts';

function record(bytes: readonly number[]): number[] {
  return [bytes.length & 255, bytes.length >> 8, 0, 0, ...bytes];
}

test('records are put together whatever the pieces they arrive in', () => {
  const frames = [[1], [], [2, 3, 4], Array.from({ length: 300 }, (_, i) => i & 255)];
  const stream = Uint8Array.from(frames.flatMap(record));
  for (const pieceBytes of [1, 2, 3, 5, 7, 64, stream.length]) {
    const seen: number[][] = [];
    const parser = new RecordParser((bytes, start, length) => seen.push([...bytes.subarray(start, start + length)]));
    for (let at = 0; at < stream.length; at += pieceBytes) {
      expect(parser.push(stream.subarray(at, at + pieceBytes))).toBe(true);
    }
    expect(seen).toEqual(frames);
  }
});

test('what cannot be a record is refused', () => {
  const parser = new RecordParser(() => undefined);
  expect(parser.push(Uint8Array.of(0, 0, 1, 0, 5))).toBe(false);
});
