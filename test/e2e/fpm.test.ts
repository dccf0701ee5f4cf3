// `shimline run` with a zebra: what it sends by FPM decides where frames go. Without any right: captures are played in and
// written.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { eth, ipv4, labels, udp } from '../support/frames.ts';
import { until } from '../support/netns.ts';
import { FakeZebra, newLabel, newRoute } from '../support/zebra.ts';
import { readPcap, writePcap } from './support/captures.ts';
import { cli, mainArguments, projectRoot, scratch } from './support/cli.ts';

const at = scratch();
const toNetwork = eth({ type: 0x0800 }, ipv4({ dst: '10.2.0.9' }, udp(1000, 2000)));
const toCustomer = eth({ dst: '02:00:00:00:01:0f', src: '02:00:00:00:00:02', type: 0x8847 }, [
  ...labels(80),
  ...ipv4({ src: '10.2.0.9', dst: '10.1.1.2' }, udp(2000, 1000)),
]);

const config = (port: number) => `router: {name: pe1, id: 192.0.2.1, labels: {dynamic: 900000-999999}}
interfaces:
  ce1:
    {mac: 02:00:00:00:01:01, vrf: red, addresses: [10.1.1.1/24], device: {pcap: {in: ${at.path('ce1-in.pcap')}, out: ${at.path('ce1-out.pcap')}, pps: 50}}}
  core1:
    {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/30], device: {pcap: {in: ${at.path('core-in.pcap')}, out: ${at.path('core-out.pcap')}, pps: 50}}}
vrfs: {red: {table: 10}}
neighbors:
  - {interface: ce1, address: 10.1.1.2, mac: 02:00:00:00:a1:01}
  - {interface: core1, address: 10.0.12.2, mac: 02:00:00:00:00:02}
fpm: {listen: "127.0.0.1:${port}"}
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function start(file: string, api: string) {
  const child = spawn(
    process.execPath,
    [...mainArguments, 'run', '-c', file, '--api', `unix:${api}`, '--json', '--log-format', 'json'],
    { cwd: projectRoot },
  );
  stops.push(() => child.kill('SIGKILL'));
  const log: string[] = [];
  let out = '';
  createInterface({ input: child.stderr }).on('line', (line) => void log.push(line));
  child.stdout.on('data', (part) => {
    out += part;
  });
  const closed = once(child, 'close');
  await until('it is ready', () => log.some((line) => line.includes('"ready"')) || child.exitCode !== null);
  return {
    log,
    stop: async () => {
      child.kill('SIGTERM');
      await closed;
      return { status: child.exitCode, summary: JSON.parse(out) };
    },
  };
}

describe('run with a zebra', () => {
  test('frames go where zebra says, and on when it is gone', { timeout: 60_000 }, async () => {
    writePcap(
      at.path('ce1-in.pcap'),
      Array.from({ length: 3000 }, () => toNetwork),
    );
    writePcap(
      at.path('core-in.pcap'),
      Array.from({ length: 3000 }, () => toCustomer),
    );
    const port = await freePort();
    const api = at.path('api.sock');
    const run = await start(at.file('pe1.yaml', config(port)), api);
    const show = async (...words: string[]) =>
      (await cli('show', ...words, '--api', `unix:${api}`, '--json')).out || '[]';
    const zebra = await FakeZebra.connect(port);
    stops.push(() => zebra.close());
    zebra.send(
      newRoute('192.0.2.2/32', { via: '10.0.12.2', labels: [16002] }),
      newRoute('10.2.0.0/24', { via: '10.0.12.2', labels: [16002, 24012], table: 10 }),
      newRoute('10.8.0.0/16', { via: '10.0.12.2', table: 11 }),
      newLabel(80, { via: '10.1.1.2' }),
    );
    let rows: Record<string, unknown>[] = [];
    for (let i = 0; i < 200 && rows[0]?.labels !== 1; i++) {
      rows = JSON.parse(await show('sources', 'source', 'fpm'));
    }
    expect(rows).toMatchObject([{ source: 'fpm', distance: 20, routes: 2, labels: 1, stale: 0 }]);
    expect(rows[0].adapter).toMatchObject({
      connected: true,
      messages: 4,
      changes: 3,
      refused: { 'unknown-table': 1 },
    });
    const sentSoFar = async () => JSON.parse(await show('counters')).interfaces.core1.out.frames as number;
    for (let i = 0; i < 400 && (await sentSoFar()) < 20; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    zebra.close();
    for (let i = 0; i < 200 && rows[0].stale !== 3; i++) rows = JSON.parse(await show('sources', 'source', 'fpm'));
    expect(rows[0]).toMatchObject({ stale: 3, adapter: { connected: false, peer: '' } });
    const { status, summary } = await run.stop();
    expect(status).toBe(0);
    expect(summary.interfaces.core1.out.frames).toBeGreaterThan(10);
    const sent = readPcap(at.path('core-out.pcap')).records.map(({ bytes }) => Buffer.from(bytes).toString('hex'));
    const labelled = sent.filter((frame) => frame.startsWith('020000000002'));
    expect(labelled.length).toBeGreaterThan(10);
    // 16002 on top, 24012 beneath.
    expect(labelled.at(-1)?.slice(24, 44)).toMatch(/^884703e820..05dcc1..$/);
    expect(labelled.length).toBe(summary.interfaces.core1.out.frames - (sent.length - labelled.length));
  });

  test('an address that somebody has is an error', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    stops.push(() => server.close());
    writePcap(at.path('ce1-in.pcap'), [toNetwork]);
    writePcap(at.path('core-in.pcap'), [toCustomer]);
    const { status, err } = await cli(
      'run',
      '-c',
      at.file('busy.yaml', config(port)),
      '--log-level',
      'error',
      '--api',
      'none',
    );
    expect(status).toBe(1);
    expect(err).toContain(`fpm.listen 127.0.0.1:${port}: address already in use`);
  });
});
