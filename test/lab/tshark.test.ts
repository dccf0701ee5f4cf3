// A second opinion: tshark finds nothing wrong with any capture of the lab, and reads the same labels and comments.
// Where tshark is not installed these tests are reported as skipped.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { siteNames, siteOf } from '../../pcaps/lab.ts';
import { scratch } from '../e2e/support/cli.ts';
import { pcapsPath, runDemo } from './support.ts';

const isInstalled = spawnSync('tshark', ['--version']).status === 0;
const title = isInstalled ? 'tshark' : 'tshark (not installed: skipped)';
const at = scratch();
const place = at.path('lab');

const checks = ['ip', 'udp', 'tcp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
/** Warnings and errors; notes and comments (which tshark counts as expert information) are below. */
const warning = 0x600000;

/** Rows of fields for the frames that pass the filter. */
function tshark(file: string, filter: string, ...fields: string[]): string[][] {
  const columns = fields.flatMap((field) => ['-e', field]);
  const result = spawnSync('tshark', ['-n', '-r', file, ...checks, '-Y', filter, '-T', 'fields', ...columns], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (result.status !== 0) throw new Error(`tshark: ${result.stderr}`);
  return result.stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')]));
}

function written(): string[] {
  const out = join(place, 'out', 'lab');
  return readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pcapng'))
    .map((name) => join(out, name));
}

const journey = join(place, 'out', 'lab', 'journey.pcapng');

describe.skipIf(!isInstalled)(title, () => {
  beforeAll(() => {
    mkdirSync(place);
    expect(runDemo(place).status).toBe(0);
  });

  test('no frame is malformed, no expert warns, in what the sites send and in what the routers wrote', () => {
    const sent = siteNames.map((name) => pcapsPath('lab', siteOf(name).capture));
    const files = [...sent, ...written()];
    expect(files.length).toBeGreaterThan(15);
    const filter = `_ws.malformed or _ws.expert.severity >= ${warning}`;
    const found = files.flatMap((file) =>
      tshark(file, filter, 'frame.number', '_ws.expert.message').map((row) => `${file} ${row.join(' ')}`),
    );
    expect(found).toEqual([]);
  });

  test('every checksum is right', () => {
    const filter = 'ip or ipv6';
    const fields = ['ip', 'icmp', 'icmpv6', 'udp', 'tcp'].map((protocol) => `${protocol}.checksum.status`);
    const rows = tshark(journey, filter, ...fields);
    expect(rows.length).toBeGreaterThan(400);
    // 1 is good; 2 is not checked: what an ICMP error quotes in part, and fragments. 0 is bad.
    const outermost = rows.map((row) => row.map((cell) => cell.split(',')[0]));
    expect(outermost.filter((row) => row.includes('0'))).toEqual([]);
    const good = (column: number) => outermost.filter((row) => row[column] === '1').length;
    expect(fields.map((_, column) => good(column) > 5)).toEqual([true, true, true, true, true]);
  });

  test('the ICMP errors show the stack that arrived (RFC 4950)', () => {
    const filter = 'icmp.type == 11 and frame.interface_name == "pe1 to red site 1"';
    const rows = tshark(journey, filter, 'ip.src', 'icmp.mpls.label', 'icmp.mpls.ttl', 'icmp.ext.checksum.status');
    const told = rows.map(([sources = '', labels, ttls, status]) =>
      [sources.split(',')[0], labels, ttls, status].join(' '),
    );
    expect(told.slice(0, 3)).toEqual(['10.1.255.1   ', '192.0.2.9 16002,24201 1,1 1', '192.0.2.2 24201 1 1']);
  });

  test('the label stacks are those of the configuration', () => {
    const stacks = (name: string) =>
      new Set(
        tshark(journey, `mpls and frame.interface_name == "${name}"`, 'mpls.label').map(([labels]) =>
          labels?.replace(/,7,\d+$/, ',7,…'),
        ),
      );
    expect(stacks('pe1 core')).toEqual(new Set(['16002,24201', '16002,24202,7,…', '16002']));
    expect(new Set([...stacks('p to-pe2a'), ...stacks('p to-pe2b')])).toEqual(new Set(['24201', '24202,7,…']));
    expect(stacks('p to-pe1')).toEqual(new Set(['0,24101', '0,24102,7,…', '0']));
  });

  test('the comments are there', () => {
    const rows = tshark(journey, 'frame', 'frame.comment');
    expect(rows.filter(([comment = '']) => comment === '')).toEqual([]);
    expect(rows.some(([comment = '']) => /^pe1: ce-red: .* \/ push 24201 16002/.test(comment))).toBe(true);
  });
});
