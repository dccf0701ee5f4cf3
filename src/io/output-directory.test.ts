import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { scratch } from './fixtures.ts';
import { outputDirectory } from './output-directory.ts';

const dir = scratch();
afterAll(dir.remove);

it('is made, with what leads to it', () => {
  const path = join(dir.path, 'a/b/c');
  outputDirectory(path, ['ce1']);
  outputDirectory(path, ['ce1']);
  expect(existsSync(path)).toBe(true);
});

it('that cannot be made is an error, also where the kernel says strange things', () => {
  if (!existsSync('/proc/self')) return;
  expect(() => outputDirectory('/proc/shimline/out', ['ce1'])).toThrow('/proc/shimline/out: cannot be made there');
});

it('is freed of an earlier run, and of nothing else', () => {
  mkdirSync(join(dir.path, 'out'));
  const kept = ['ce2.pcap', 'ce1.txt', 'drop.txt', 'ce1.pcap.gz'];
  for (const name of ['ce1.pcap', 'ce1.pcapng', 'drop.pcap', 'punt.pcapng', ...kept]) dir.file(`out/${name}`, [1]);
  outputDirectory(join(dir.path, 'out'), ['ce1']);
  expect(readdirSync(join(dir.path, 'out')).sort()).toEqual(kept.sort());
});

it('never removes an input', () => {
  const input = dir.file('ce1.pcap', [1]);
  const path = join(dir.path, '.');
  expect(() => outputDirectory(path, ['ce0', 'ce1'], [`${input}#0`, '-'])).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('ce1.pcap: is an input of this run') }),
  );
  expect(existsSync(input)).toBe(true);
});

it('says why it cannot be used', () => {
  const file = dir.file('plain', [1]);
  expect(() => outputDirectory(file, [])).toThrow(
    expect.objectContaining({ code: 'IO', message: `${file}: is not a directory` }),
  );
  expect(() => outputDirectory(join(file, 'x'), [])).toThrow(expect.objectContaining({ code: 'IO' }));
  mkdirSync(join(dir.path, 'odd/ce1.pcap'), { recursive: true });
  expect(() => outputDirectory(join(dir.path, 'odd'), ['ce1'])).toThrow(/odd\/ce1\.pcap: is a directory$/);
});
