import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readLabelFile, writeLabelFile } from './label-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'shimline-labels-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'labels.json');
const state = {
  version: 1,
  bound: [{ label: 16, key: 'vrf red' }],
  resting: [{ label: 17, key: 'vrf blue', until: 9 }],
} as const;

test('a state is read as it was written, and nothing else is left', () => {
  expect(readLabelFile(path)).toBeUndefined();
  writeLabelFile(path, state);
  expect(readLabelFile(path)).toEqual(state);
  expect(readdirSync(folder)).toEqual(['labels.json']);
});

test('a state that cannot be written leaves the old one', () => {
  writeLabelFile(path, state);
  expect(() => writeLabelFile(join(folder, 'no', 'labels.json'), state)).toThrow('no such file');
  expect(readLabelFile(path)).toEqual(state);
});

test('half a file of a crash beside it does not matter', () => {
  writeFileSync(`${path}.new`, readFileSync(path, 'utf8').slice(0, 20));
  expect(readLabelFile(path)).toEqual(state);
  writeLabelFile(path, { ...state, bound: [] });
  expect(readLabelFile(path)?.bound).toEqual([]);
});

test.each([
  ['no JSON', '{"version": 1, "bound": ['],
  ['another version', '{"version": 2, "bound": [], "resting": []}'],
  ['a label out of range', '{"version": 1, "bound": [{"label": 3, "key": "vrf red"}], "resting": []}'],
  ['no end of rest', '{"version": 1, "bound": [], "resting": [{"label": 16, "key": "vrf red"}]}'],
])('a damaged file is refused: %s', (_, text) => {
  writeFileSync(path, text);
  expect(() => readLabelFile(path)).toThrow(`${path}: no label state file; remove it to give labels anew`);
});
