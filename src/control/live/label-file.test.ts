import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readLabelFile, setAside, writeLabelFile } from './label-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'shimline-labels-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'made', 'labels.json');
const state = {
  version: 1,
  bound: [{ label: 16, key: 'vrf red' }],
  resting: [{ label: 17, key: 'vrf blue', until: 9 }],
} as const;

test('a state is read as it was written, and nothing else is left', async () => {
  expect(await readLabelFile(path)).toBeUndefined();
  await writeLabelFile(path, state);
  expect(await readLabelFile(path)).toEqual(state);
  expect(readdirSync(join(folder, 'made'))).toEqual(['labels.json']);
});

test('a state that cannot be written leaves the old one', async () => {
  await writeLabelFile(path, state);
  mkdirSync(`${path}.new`);
  await expect(writeLabelFile(path, { ...state, bound: [] })).rejects.toThrow(`${path}: EISDIR`);
  rmSync(`${path}.new`, { recursive: true });
  expect(await readLabelFile(path)).toEqual(state);
  await expect(writeLabelFile(join(path, 'labels.json'), state)).rejects.toThrow('EEXIST');
});

test('half a file of a crash beside it does not matter', async () => {
  writeFileSync(`${path}.new`, readFileSync(path, 'utf8').slice(0, 20));
  expect(await readLabelFile(path)).toEqual(state);
  await writeLabelFile(path, { ...state, bound: [] });
  expect(await readLabelFile(path)).toEqual({ ...state, bound: [] });
});

test.each([
  ['nothing', ''],
  ['no JSON', '{"version": 1, "bound": ['],
  ['another version', '{"version": 2, "bound": [], "resting": []}'],
  ['a label out of range', '{"version": 1, "bound": [{"label": 3, "key": "vrf red"}], "resting": []}'],
  ['no end of rest', '{"version": 1, "bound": [], "resting": [{"label": 16, "key": "vrf red"}]}'],
])('a damaged file is told from none, and set aside: %s', async (_, text) => {
  writeFileSync(path, text);
  expect(await readLabelFile(path)).toBe('damaged');
  expect(readFileSync(await setAside(path), 'utf8')).toBe(text);
  expect(await readLabelFile(path)).toBeUndefined();
});

test('what is no file cannot be read', async () => {
  await expect(readLabelFile(folder)).rejects.toThrow(`${folder}: no regular file`);
  await expect(readLabelFile('/dev/zero')).rejects.toThrow('/dev/zero: no regular file');
});
