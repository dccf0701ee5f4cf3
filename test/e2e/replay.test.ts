// `replay`: what is printed, what is written, and that both tell the same story.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decode } from '../support/frames.ts';
import { readPcap, readPcapng, writePcap } from './support/captures.ts';
import { cli, scratch, spawnCli } from './support/cli.ts';
import { blackholed, lost, pe1, toCore, toCustomer, whoHas } from './support/pe1.ts';

const at = scratch();
const config = at.file('pe1.yaml', pe1);
const ce1 = at.path('ce1.pcap');
const core1 = at.path('core1.pcap');
writePcap(ce1, [toCore(), lost, blackholed, whoHas]);
writePcap(core1, [toCustomer]);
const inputs = ['-c', config, '-i', `ce1=${ce1}`, '-i', `core1=${core1}`];

test('--json prints the published object: every key, in its order', async () => {
  const { status, out, err } = await cli('replay', ...inputs, '--no-output', '--json');
  expect({ status, err }).toEqual({ status: 0, err: '' });
  const summary = JSON.parse(out);
  expect(Object.keys(summary)).toEqual(['frames', 'interfaces', 'drops', 'punts', 'seconds', 'mpps', 'workers']);
  expect(Object.keys(summary.frames)).toEqual(['in', 'out', 'punted', 'dropped', 'copied', 'made']);
  // no-route also makes an ICMP error, the ARP request an answer.
  expect(summary.frames).toEqual({ in: 5, out: 4, punted: 1, dropped: 2, copied: 0, made: 2 });
  expect(Object.keys(summary.interfaces)).toEqual(['ce1', 'ce2', 'core1']);
  const ce1Bytes = [toCore(), lost, blackholed, whoHas].reduce((sum, frame) => sum + frame.length, 0);
  expect(summary.interfaces.ce1.in).toEqual({ frames: 4, bytes: ce1Bytes });
  expect(summary.interfaces.ce2).toEqual({ in: { frames: 0, bytes: 0 }, out: { frames: 0, bytes: 0 } });
  expect(summary.interfaces.core1.out).toEqual({ frames: 1, bytes: toCore().length + 8 });
  expect(summary.drops).toEqual({ 'no-route': 1, blackhole: 1 });
  expect(summary.punts).toEqual({ arp: 1 });
  expect(summary.workers).toBe(1);
  expect(summary.seconds).toBeGreaterThan(0);
});

test('the summary for people names every reason with its sentence', async () => {
  const { status, out } = await cli('replay', ...inputs, '--no-output');
  expect(status).toBe(0);
  expect(out).toContain('5 in, 4 out, 1 punted, 2 dropped; 0 copied, 2 made');
  expect(out).toMatch(/^no-route +1 +The table has no route to the destination\.$/m);
  expect(out).toMatch(/^ce2 +0 +0 +0 +0$/m);
});

test('one pcap for every port that sent a frame; --drops and --punts hold frames as they arrived', async () => {
  const dir = at.path('out');
  const { status } = await cli('replay', ...inputs, '-o', dir, '--drops', '--punts');
  expect(status).toBe(0);
  expect(readdirSync(dir).sort()).toEqual(['ce1.pcap', 'core1.pcap', 'drop.pcap', 'punt.pcap']);
  const [sent] = readPcap(`${dir}/core1.pcap`).records;
  expect(decode([...(sent?.bytes ?? [])]).labels.map((entry) => entry.label)).toEqual([16002, 24012]);
  expect(sent).toMatchObject({ seconds: 1, nanoseconds: 0 });
  expect(readPcap(`${dir}/drop.pcap`).records.map((record) => record.bytes)).toEqual([lost, blackholed]);
  expect(readPcap(`${dir}/punt.pcap`).records.map((record) => record.bytes)).toEqual([whoHas]);
});

test('without --drops and --punts there are no such files, and those of an earlier run go', async () => {
  const dir = at.path('again');
  mkdirSync(dir);
  for (const name of ['ce2.pcap', 'ce2.pcapng', 'drop.pcap', 'punt.pcapng', 'notes.txt', 'other.pcap']) {
    writeFileSync(`${dir}/${name}`, 'old');
  }
  expect((await cli('replay', ...inputs, '-o', dir)).status).toBe(0);
  expect(readdirSync(dir).sort()).toEqual(['ce1.pcap', 'core1.pcap', 'notes.txt', 'other.pcap']);
});

test('a configuration that is refused leaves an earlier run alone', async () => {
  const dir = at.path('kept');
  mkdirSync(dir);
  writeFileSync(`${dir}/ce1.pcap`, 'old');
  expect((await cli('replay', '-c', config, '-i', `nope=${ce1}`, '-o', dir)).status).toBe(2);
  expect((await cli('replay', '-c', config, '-i', `ce1=${at.path('none.pcap')}`, '-o', dir)).status).toBe(1);
  expect(readFileSync(`${dir}/ce1.pcap`, 'utf8')).toBe('old');
});

test('output is in nanoseconds if any input is', async () => {
  writePcap(at.path('nano.pcap'), [{ seconds: 2, nanoseconds: 123456789, original: 60, bytes: lost }], {
    nanosecond: true,
  });
  const dir = at.path('nano');
  await cli('replay', '-c', config, '-i', `ce1=${ce1}`, '-i', `ce1=${at.path('nano.pcap')}`, '-o', dir, '--drops');
  expect(readPcap(`${dir}/core1.pcap`).nanosecond).toBe(true);
  expect(readPcap(`${dir}/drop.pcap`).records.at(-1)).toMatchObject({ seconds: 2, nanoseconds: 123456789 });
});

test('--format pcapng: every packet carries its explanation, unless --no-comments', async () => {
  const dir = at.path('ng');
  await cli('replay', ...inputs, '-o', dir, '--format', 'pcapng', '--drops', '--punts');
  expect(readdirSync(dir).sort()).toEqual(['ce1.pcapng', 'core1.pcapng', 'drop.pcapng', 'punt.pcapng']);
  const drops = readPcapng(readFileSync(`${dir}/drop.pcapng`));
  expect(drops.packets.map((packet) => packet.comments[0])).toEqual([
    expect.stringMatching(/^ce1: IPv4 .* \/ vrf red: no route \/ dropped: no-route$/),
    expect.stringMatching(/^ce1: IPv4 .* \/ dropped: blackhole$/),
  ]);
  await cli('replay', ...inputs, '-o', dir, '--format', 'pcapng', '--no-comments');
  expect(readPcapng(readFileSync(`${dir}/core1.pcapng`)).packets[0]?.comments).toEqual([]);

  const { out } = await cli('replay', ...inputs, '-o', dir, '--format', 'pcapng', '--drops', '--trace');
  const sent = readPcapng(readFileSync(`${dir}/core1.pcapng`)).packets[0];
  expect(sent?.interface).toBe('core1');
  expect(sent?.comments[0]).toMatch(/^ce1: .*vrf red.*24012.* \/ core1 → 02:00:00:00:00:02$/);
  expect(out).toContain(sent?.comments[0] ?? '?');
  const [dropped] = readPcapng(readFileSync(`${dir}/drop.pcapng`)).packets;
  expect(dropped?.comments[0]).toMatch(/^ce1: .* \/ dropped: no-route$/);
});

test('-o - writes one pcapng to standard output and the summary to standard error', () => {
  const { status, out, err } = spawnCli(['replay', ...inputs, '-o', '-', '--drops', '--json']);
  expect(status).toBe(0);
  const { interfaces, packets } = readPcapng(out);
  expect([...interfaces].sort()).toEqual(['ce1', 'core1', 'drop']);
  expect(packets).toHaveLength(6);
  expect(JSON.parse(err).frames.out).toBe(4);
});

test('--loop plays the inputs again, each round later by their span and a microsecond', async () => {
  const dir = at.path('loop');
  const capture = at.path('two.pcap');
  writePcap(capture, [toCore(1), toCore(2)]);
  const { out } = await cli('replay', '-c', config, '-i', `ce1=${capture}`, '--loop', '3', '-o', dir, '--json');
  expect(JSON.parse(out).frames).toMatchObject({ in: 6, out: 6 });
  const times = readPcap(`${dir}/core1.pcap`).records.map((record) => record.nanoseconds / 1000);
  expect(times).toEqual([0, 1, 2, 3, 4, 5]);
});

test('--workers changes no byte and no count', async () => {
  const capture = at.path('many.pcap');
  writePcap(
    capture,
    Array.from({ length: 9000 }, (_, i) => (i % 100 === 7 ? lost : i % 5000 === 4999 ? whoHas : toCore(i & 63))),
  );
  const run = async (workers: string) => {
    const dir = at.path(`workers${workers}`);
    const args = [
      'replay',
      '-c',
      config,
      '-i',
      `ce1=${capture}`,
      '-i',
      `core1=${core1}`,
      '-o',
      dir,
      '--drops',
      '--punts',
    ];
    const { status, out, err } = await cli(...args, '--workers', workers, '--json');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const { seconds: _seconds, mpps: _mpps, workers: count, ...summary } = JSON.parse(out);
    expect(count).toBe(Number(workers));
    return { summary, files: readdirSync(dir).map((name) => [name, readFileSync(`${dir}/${name}`)]) };
  };
  const one = await run('1');
  expect(await run('2')).toEqual(one);
  expect(await run('3')).toEqual(one);
  expect(one.summary.frames.in).toBe(9001);
});

test('--workers with explanations: the output is the same, one thread makes it', async () => {
  const run = async (workers: string) => {
    const { out } = await cli('replay', ...inputs, '--no-output', '--trace', '--json', '--workers', workers);
    return JSON.parse(out);
  };
  const [one, two] = [await run('1'), await run('2')];
  expect(two.frames).toEqual(one.frames);
  expect(two.workers).toBe(1);
});

test('--trace with --json leaves standard output to the object', async () => {
  const { out, err } = await cli('replay', ...inputs, '--no-output', '--trace', '--json');
  expect(JSON.parse(out).frames.in).toBe(5);
  expect(err).toMatch(/^#1 1\.000000 /m);
});

test('--no-output writes nothing', async () => {
  const outputs = () => readdirSync('.').filter((name) => /^out$|pcap/.test(name));
  const before = outputs();
  expect((await cli('replay', ...inputs, '--no-output')).status).toBe(0);
  expect(outputs()).toEqual(before);
});
