// The tables and frames of a workload as one file, for programs in other languages: the words as they lie in memory.
//
//   bytes 0–7   "SHIMTBL1"     8–11 number of arrays    12–63 free
//   64 …        an array each: name (16 bytes, zero-padded), offset in the file (u64), words (u64)
//   …           the arrays, each at a multiple of 64 bytes; zeros at the end of a trie are left out
//
// All numbers are little-endian.
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Tables } from '../src/tables/tables.ts';
import type { StoredFrames } from './frames.ts';

const headerBytes = 64;
const entryBytes = 32;
const alignment = 64;

interface NamedArray {
  readonly name: string;
  readonly words: Uint32Array;
}

/** Settings that decide what happens to a frame. */
function settingsWords({ settings }: Tables): Uint32Array {
  return Uint32Array.of(settings.popTtl, settings.popTc, settings.hashSeed, settings.hashPayload ? 1 : 0);
}

function arraysOf(tables: Tables, frames: StoredFrames): NamedArray[] {
  const { interfaces, labels, paths, adjacencies, circuits, macs } = tables;
  return [
    { name: 'settings', words: settingsWords(tables) },
    { name: 'ports', words: interfaces.ports },
    { name: 'interfaces', words: interfaces.interfaces },
    { name: 'maps', words: interfaces.maps },
    { name: 'accepted', words: interfaces.accepted },
    { name: 'trie4', words: tables.trie4.words },
    { name: 'trie6', words: tables.trie6.words },
    { name: 'routes', words: tables.routes },
    { name: 'labelMap', words: labels.map },
    { name: 'labelBriefs', words: labels.briefs },
    { name: 'labelEntries', words: labels.entries },
    { name: 'groups', words: paths.groups },
    { name: 'legs', words: paths.legs },
    { name: 'flat', words: paths.flat },
    { name: 'pushWire', words: paths.pushWire },
    { name: 'adjacencies', words: adjacencies.entries },
    { name: 'buckets', words: adjacencies.buckets },
    { name: 'circuits', words: circuits.circuits },
    { name: 'pseudowires', words: circuits.pseudowires },
    { name: 'macs', words: macs.entries },
    { name: 'macBuckets', words: macs.buckets },
    { name: 'frames', words: frames.words },
  ].map(({ name, words }) => ({ name, words: withoutZeros(words, name) }));
}

/** Tries have room for the worst case, and what was never written is not worth a file; elsewhere zeros have a meaning. */
function withoutZeros(words: Uint32Array, name: string): Uint32Array {
  if (!name.startsWith('trie')) return words;
  let end = words.length;
  while (end > 0 && words[end - 1] === 0) end--;
  return words.subarray(0, end);
}

/** Bytes of tables in use. */
export function tableBytes(tables: Tables): number {
  const none: StoredFrames = { count: 0, words: new Uint32Array(0) };
  return arraysOf(tables, none).reduce((sum, { words }) => sum + words.byteLength, 0);
}

function directory(arrays: readonly NamedArray[]): { bytes: Uint8Array; offsets: number[] } {
  const first = Math.ceil((headerBytes + arrays.length * entryBytes) / alignment) * alignment;
  const bytes = new Uint8Array(first);
  const view = new DataView(bytes.buffer);
  const text = new TextEncoder();
  bytes.set(text.encode('SHIMTBL1'), 0);
  view.setUint32(8, arrays.length, true);
  const offsets: number[] = [];
  let offset = first;
  for (const [i, { name, words }] of arrays.entries()) {
    const entry = headerBytes + i * entryBytes;
    bytes.set(text.encode(name), entry);
    view.setBigUint64(entry + 16, BigInt(offset), true);
    view.setBigUint64(entry + 24, BigInt(words.length), true);
    offsets.push(offset);
    offset += Math.ceil(words.byteLength / alignment) * alignment;
  }
  return { bytes, offsets };
}

/** One `write` call takes no more than 2 GiB. */
const chunkBytes = 1 << 28;

export function writeTableFile(path: string, tables: Tables, frames: StoredFrames): void {
  const arrays = arraysOf(tables, frames);
  const { bytes, offsets } = directory(arrays);
  const file = openSync(path, 'w');
  try {
    writeSync(file, bytes, 0, bytes.length, 0);
    for (const [i, { words }] of arrays.entries()) {
      const raw = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
      for (let at = 0; at < raw.length; at += chunkBytes) {
        writeSync(file, raw, at, Math.min(chunkBytes, raw.length - at), offsets[i] + at);
      }
    }
  } finally {
    closeSync(file);
  }
}
