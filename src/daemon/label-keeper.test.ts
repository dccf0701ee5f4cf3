import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseConfig } from '../control/config/index.ts';
import { RouterControl } from '../control/live/index.ts';
import { LabelKeeper } from './label-keeper.ts';

const folder = mkdtempSync(join(tmpdir(), 'shimline-keeper-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = () => join(folder, `${++files}`, 'labels.json');

function listLog() {
  const lines: string[] = [];
  const tell = (_: object, message: string) => void lines.push(message);
  return { lines, log: { debug: tell, info: tell, warn: tell, error: tell } };
}

const yaml = (vrfs: string, more = '') => `
router: {name: pe1, id: 192.0.2.1, labels: {dynamic: 100-199}}
interfaces:
  ce1: {mac: 02:00:00:00:01:01, vrf: red, addresses: [10.1.1.1/24]}
  ce2: {mac: 02:00:00:00:01:02, vrf: blue, addresses: [10.1.2.1/24]}
vrfs:
${vrfs}
${more}`;
const plain = yaml('  red: {}\n  blue: {}');
const finer = yaml('  red: {labelMode: per-ce}\n  blue: {labelMode: per-prefix}');

/** A run of a router: what it has bound, and how it ends. */
async function start(path: string, text = plain, now = { seconds: 1000 }) {
  const { lines, log } = listLog();
  const keeper = await LabelKeeper.open(path, log);
  const model = parseConfig(text, 'test.yaml');
  const control = new RouterControl(model, { labelState: keeper.state, now: () => now.seconds, live: false });
  keeper.follow(control.labelManager);
  const change = (op: string, value: object) => {
    const result = control.transact({ changes: [{ op, ...value }] });
    if (!result.ok) throw new Error(JSON.stringify(result));
    return keeper.kept();
  };
  const bound = () => Object.fromEntries(control.bindings().map(({ label, owner }) => [owner, label]));
  return { keeper, control, lines, change, bound };
}

/** What is in the file, as it would be found after a crash at this moment. */
const written = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

test('VRFs have the labels of before a crash, whatever else came first', async () => {
  const path = newPath();
  const first = await start(path);
  await first.change('add', { vrf: { name: 'green' } });
  expect(first.bound()).toEqual({ 'vrf red': 100, 'vrf blue': 101, 'vrf green': 102 });
  // No end: as after a crash.
  const second = await start(path, yaml('  blue: {}\n  red: {}'));
  expect(second.bound()).toEqual({ 'vrf red': 100, 'vrf blue': 101 });
  await second.change('add', { vrf: { name: 'violet' } });
  await second.change('add', { vrf: { name: 'green' } });
  expect(second.bound()).toMatchObject({ 'vrf violet': 103, 'vrf green': 102 });
  expect([first.lines, second.lines]).toEqual([[], []]);
});

test('so have CEs and prefixes, when their routes come again', async () => {
  const path = newPath();
  const ways = (prefix: string, ce: string) => ({ route: { vrf: 'red', prefix, via: ce } });
  const prefix = { route: { vrf: 'blue', prefix: '10.9.0.0/16', via: '10.1.2.7' } };
  const first = await start(path, finer);
  await first.change('add', ways('10.2.0.0/16', '10.1.1.2'));
  await first.change('add', ways('10.3.0.0/16', '10.1.1.3'));
  await first.change('add', prefix);
  const before = first.bound();
  expect(Object.keys(before).slice(2)).toEqual([
    'vrf red ce 10.1.1.2',
    'vrf red ce 10.1.1.3',
    'vrf blue prefix 10.9.0.0/16',
  ]);
  const second = await start(path, finer);
  // The other way round.
  await second.change('add', ways('10.3.0.0/16', '10.1.1.3'));
  await second.change('add', ways('10.4.0.0/16', '10.1.1.4'));
  await second.change('add', prefix);
  await second.change('add', ways('10.2.0.0/16', '10.1.1.2'));
  expect(second.bound()).toEqual({ ...before, 'vrf red ce 10.1.1.4': 105 });
});

test('what was released rests over a restart too', async () => {
  const path = newPath();
  const first = await start(path);
  await first.change('replace', { vrf: { name: 'blue', label: 500 } });
  const now = { seconds: 1059 };
  const second = await start(path, yaml('  red: {}\n  blue: {label: 500}'), now);
  await second.change('add', { vrf: { name: 'green' } });
  expect(second.bound()).toMatchObject({ 'vrf red': 100, 'vrf green': 102 });
  now.seconds += 1;
  await second.change('add', { vrf: { name: 'violet' } });
  expect(second.bound()['vrf violet']).toBe(101);
});

test('a clock that was wrong keeps no label for longer than its rest', async () => {
  const path = newPath();
  const first = await start(path, plain, { seconds: 1e9 });
  await first.change('replace', { vrf: { name: 'blue', label: 500 } });
  const now = { seconds: 1000 };
  const second = await start(path, yaml('  red: {}\n  blue: {label: 500}'), now);
  now.seconds += 60;
  await second.change('add', { vrf: { name: 'green' } });
  expect(second.bound()['vrf green']).toBe(101);
});

test('a label that the configuration gives away itself is given up, with a word of it', async () => {
  const path = newPath();
  await (await start(path)).keeper.kept();
  const second = await start(
    path,
    yaml('  red: {}\n  blue: {}\n  green: {label: 100}', 'labels: [{label: 101, pop: true}]'),
  );
  expect(second.bound()).toEqual({ 'vrf green': 100, 'vrf red': 102, 'vrf blue': 103 });
  expect(second.lines).toEqual(['the configuration has given labels to others: 100 of vrf red, 101 of vrf blue']);
  await second.keeper.kept();
  expect(written(path).bound).toEqual([
    { label: 102, key: 'vrf red' },
    { label: 103, key: 'vrf blue' },
  ]);
});

test('a router without such labels writes no file, and one that finds what it left none anew', async () => {
  const path = newPath();
  const without = await start(path, yaml('  red: {label: 500}\n  blue: {label: 501}'));
  await without.keeper.close();
  expect(() => written(path)).toThrow('ENOENT');
  const first = await start(path);
  await first.keeper.close();
  const before = readFileSync(path, 'utf8');
  writeFileSync(path, `${before} `);
  await (await start(path)).keeper.close();
  expect(readFileSync(path, 'utf8')).toBe(`${before} `);
});

test('many changes are few writes, and the last one is in the file at the end', async () => {
  const path = newPath();
  const { keeper, change } = await start(path);
  const all = Array.from({ length: 50 }, (_, i) => change('add', { vrf: { name: `v${i}` } }));
  await all[0];
  // All of them were there when the first was written.
  expect(written(path).bound).toHaveLength(52);
  await Promise.all(all);
  void change('delete', { vrf: { name: 'v7' } });
  await keeper.close();
  expect(written(path).resting).toMatchObject([{ label: 109, key: 'vrf v7' }]);
});

test('a damaged file is kept aside, and the router starts', async () => {
  const path = newPath();
  mkdirSync(join(path, '..'));
  writeFileSync(path, '{"version":1,"bound":[{"lab');
  const { lines, bound, keeper } = await start(path);
  expect(lines).toEqual([`${path}: no state of labels; kept as ${path}.damaged, and labels are given anew`]);
  expect(bound()).toEqual({ 'vrf red': 100, 'vrf blue': 101 });
  await keeper.kept();
  expect(written(path).bound).toHaveLength(2);
  expect(readFileSync(`${path}.damaged`, 'utf8')).toBe('{"version":1,"bound":[{"lab');
});

test('where nothing can be written there is one line about it, nobody waits, and it is tried again', async () => {
  const path = newPath();
  const { lines, change, keeper } = await start(path);
  await keeper.kept();
  rmSync(join(path, '..'), { recursive: true });
  writeFileSync(join(path, '..'), 'no folder');
  await change('add', { vrf: { name: 'green' } });
  await change('add', { vrf: { name: 'violet' } });
  expect(lines).toEqual([
    expect.stringMatching(/^labels are not kept over a restart: .*EEXIST.*\(--state says where else\)$/),
  ]);
  rmSync(join(path, '..'));
  await keeper.close();
  expect(lines.slice(1)).toEqual(['labels are kept again']);
  expect(written(path).bound).toHaveLength(4);
});
