// `trace`: every decision in words, and the filters that choose whose.
import { expect, test } from 'vitest';
import { eth, ipv4, udp } from '../support/frames.ts';
import { writePcap } from './support/captures.ts';
import { cli, scratch } from './support/cli.ts';
import { blackholed, lost, pe1, toCore, toCustomer, whoHas } from './support/pe1.ts';

const at = scratch();
const config = at.file('pe1.yaml', pe1);
const tagged = eth(
  { dst: '02:00:00:00:01:02', src: '02:00:00:00:a2:01', tags: [[0x8100, 100]], type: 0x0800 },
  ipv4({ dst: '172.16.9.9' }, udp(1, 2)),
);
writePcap(at.path('ce1.pcap'), [toCore(), lost, blackholed, whoHas]);
writePcap(at.path('core1.pcap'), [toCustomer]);
writePcap(at.path('ce2.pcap'), [tagged]);

async function trace(...more: string[]) {
  const files = ['ce1', 'core1', 'ce2'].flatMap((port) => ['-i', `${port}=${at.path(`${port}.pcap`)}`]);
  const { status, out, err } = await cli('trace', '-c', config, ...files, ...more);
  return { status, err, out, lines: out.split('\n').slice(0, -1) };
}

test('one line a frame: number, time, decisions, ending', async () => {
  const { status, lines } = await trace();
  expect(status).toBe(0);
  expect(lines[0]).toMatch(
    /^#1 1\.000000 ce1: IPv4 10\.1\.1\.2 → 10\.2\.0\.9 ttl 64 \/ vrf red: 10\.2\.0\.0\/16 → .*24012.* \/ core1 → 02:00:00:00:00:02$/,
  );
  expect(lines.filter((line) => line.endsWith('/ dropped: no-route')).length).toBeGreaterThanOrEqual(2);
  expect(lines.some((line) => line.endsWith('/ dropped: blackhole'))).toBe(true);
  expect(lines.some((line) => line.endsWith('/ punted: arp'))).toBe(true);
  expect(lines.some((line) => /^#\d+ \(made here\) /.test(line))).toBe(true);
});

test('--long: one decision a line, and the sentence of the reason', async () => {
  const { lines } = await trace('--long', '--reason', 'blackhole');
  expect(lines[0]).toMatch(/^#\d+ 1\.\d{6}$/);
  expect(lines[1]).toMatch(/^ {4}ce1: IPv4/);
  expect(lines.at(-1)).toMatch(/^ {4}A route or label entry says `drop`\.$/);
});

test('--reason', async () => {
  const { lines } = await trace('--reason', 'arp');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/punted: arp$/);
});

test('--interface takes ports and sub-interfaces', async () => {
  const { lines } = await trace('--interface', 'ce2.100');
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toContain('ce2');
  expect((await trace('--interface', 'core1')).lines).toHaveLength(2);
});

test('--address takes an address or a prefix', async () => {
  expect((await trace('--address', '10.9.0.1')).lines).toHaveLength(1);
  const { lines } = await trace('--address', '172.16.0.0/12', '--reason', 'no-route');
  expect(lines).toHaveLength(2);
});

test('--label', async () => {
  const { lines } = await trace('--label', '24001');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/core1: .*24001/);
  expect((await trace('--label', '24012')).lines).toHaveLength(1);
});

test('--limit stops early', async () => {
  expect((await trace('--limit', '2')).lines).toHaveLength(2);
});

test('filters that nothing passes say so on standard error', async () => {
  const { status, out, err } = await trace('--address', '198.51.100.1');
  expect({ status, out }).toEqual({ status: 0, out: '' });
  expect(err).toContain('none of 6 frames');
});

test('filters that name nothing: the nearest name is given', async () => {
  const cases: [string, string, RegExp][] = [
    ['--reason', 'blackhol', /'blackhole'/],
    ['--interface', 'ce2.10', /'ce2\.100'/],
    ['--address', '10.2.0', /neither an address nor a prefix/],
    ['--label', '1048576', /0 to 1048575/],
    ['--limit', '0', /--limit/],
  ];
  for (const [option, value, expected] of cases) {
    const { status, out, err } = await trace(option, value);
    expect({ option, status, out }).toEqual({ option, status: 1, out: '' });
    expect(err).toMatch(expected);
  }
});
