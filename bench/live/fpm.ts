// What zebra's routes cost a running router: VPN routes with two labels each, streamed into it as FPM sends them, by a
// process of its own: at the rate of a zebra, and as fast as the socket takes them. CPU time is that of the router's process.
// No rights are needed: its ports are the ends of a cable in memory.
//
//   npx tsx bench/live/fpm.ts [--routes 100000] [--rate 25000] [--runs 3] [--replaced] [--groups]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseConfig } from '../../src/control/config/index.ts';
import { openFpm } from '../../src/daemon/fpm/index.ts';
import type { Log } from '../../src/daemon/log.ts';
import { RunningRouter } from '../../src/daemon/running-router.ts';
import { formatPrefix } from '../../src/wire/address.ts';
import { deleteRoute, fpmFrame, type HopText, newNexthop, newRoute } from '../../test/support/zebra.ts';
import { prefixes4 } from '../prefixes.ts';
import { createRandom } from '../random.ts';
import { machineText, thisMachine } from '../report.ts';

const { values } = parseArgs({
  options: {
    routes: { type: 'string', default: '100000' },
    rate: { type: 'string', default: '25000' },
    runs: { type: 'string', default: '3' },
    replaced: { type: 'boolean', default: false },
    /** Next hops by number, as with `fpm use-next-hop-groups`. */
    groups: { type: 'boolean', default: false },
  },
});
const routes = Number(values.routes);
/** Pairs of a far PE and a VPN label of it. */
const pathLists = 2000;
const folder = mkdtempSync(join(tmpdir(), 'shimline-fpm-'));

const config = (port: number) => `router: {name: pe1, id: 192.0.2.1, labels: {dynamic: 900000-999999}}
interfaces:
  a: {device: {loopback: x}, mac: "02:00:00:00:00:0a", mpls: true, addresses: [10.0.1.1/30]}
  b: {device: {loopback: x}, mac: "02:00:00:00:00:0b", mpls: true, addresses: [10.0.2.1/30]}
vrfs: {red: {table: 10}}
neighbors:
  - {interface: a, address: 10.0.1.2, mac: "02:00:00:00:00:0b"}
  - {interface: b, address: 10.0.2.2, mac: "02:00:00:00:00:0a"}
fpm: {listen: "127.0.0.1:${port}"}
`;

function hopOf(list: number): HopText {
  const labels = [16_000 + (list % 100), 100_000 + list];
  return { via: list % 2 === 0 ? '10.0.1.2' : '10.0.2.2', labels };
}

/** A frame for each route, as zebra has them. */
function streamOfRoutes(): Buffer[] {
  const random = createRandom(1);
  const nexthops = values.groups
    ? Array.from({ length: pathLists }, (_, i) => fpmFrame(newNexthop(i + 1, hopOf(i))))
    : [];
  const all = prefixes4(random, routes).map((prefix) => {
    const text = formatPrefix(prefix);
    const list = random.below(pathLists);
    const route = newRoute(text, values.groups ? { nexthop: list + 1, table: 10 } : { ...hopOf(list), table: 10 });
    return values.replaced ? fpmFrame(deleteRoute(text, 10), route) : fpmFrame(route);
  });
  return [...nexthops, ...all];
}

/** Sends a file, so many bytes each 2 ms or as fast as it can; prints the seconds until all was taken. */
const sender = `
const [, file, port, bytes] = process.argv;
const { readFileSync } = require('node:fs');
const socket = require('node:net').connect(Number(port), '127.0.0.1', async () => {
  const all = readFileSync(file);
  const begin = performance.now();
  const step = Number(bytes) || 65536;
  for (let at = 0; at < all.length; at += step) {
    if (!socket.write(all.subarray(at, at + step))) await new Promise((resolve) => socket.once('drain', resolve));
    while (Number(bytes) && (performance.now() - begin) / 2 < at / step) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  console.log((performance.now() - begin) / 1000);
});
`;

interface Outcome {
  readonly sentSeconds: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const nothing = () => {};
const quiet: Log = { debug: nothing, info: nothing, warn: nothing, error: (_, text) => console.error(text) };

async function cpuSecondsDuring(work: () => Promise<unknown>): Promise<number> {
  const begin = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6;
}

async function load(file: string, bytesPerStep: number): Promise<Outcome> {
  const port = await freePort();
  const router = await RunningRouter.start(parseConfig(config(port), 'bench.yaml', { live: true }), {
    workers: 1,
    log: quiet,
    lost: (error) => {
      throw error;
    },
  });
  const fpm = await openFpm(router, quiet);
  // What the forwarding thread takes without a frame, a second.
  const idle = await cpuSecondsDuring(() => new Promise((resolve) => setTimeout(resolve, 1000)));
  const child = spawn(process.execPath, ['-e', sender, file, String(port), String(bytesPerStep)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (part) => {
    said += part;
  });
  while ((fpm.view()?.messages ?? 0) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const begin = performance.now();
  const cpu = process.cpuUsage();
  while ((fpm.view()?.changes ?? 0) < routes) await new Promise((resolve) => setTimeout(resolve, 5));
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  child.kill();
  await fpm.close();
  await router.stop();
  return { sentSeconds: Number(said), seconds, cpuSeconds: (user + system) / 1e6 - idle * seconds };
}

try {
  console.log(machineText(thisMachine(undefined)));
  const frames = streamOfRoutes();
  const file = join(folder, 'stream');
  const all = Buffer.concat(frames);
  writeFileSync(file, all);
  const perRoute = all.length / routes;
  console.log(`${routes.toLocaleString('en')} VPN routes, ${Math.round(perRoute)} bytes each`);
  for (const [title, step] of [
    [`at ${Number(values.rate).toLocaleString('en')} a second`, Math.round((perRoute * Number(values.rate)) / 500)],
    ['as fast as they are taken', 0],
  ] as const) {
    for (let run = 0; run < Number(values.runs); run++) {
      const { sentSeconds, seconds, cpuSeconds } = await load(file, step);
      const rate = Math.round(routes / seconds).toLocaleString('en');
      const sent = Math.round(routes / sentSeconds).toLocaleString('en');
      console.log(
        `${title}: sent at ${sent} a second, in the tables at ${rate} a second, ${cpuSeconds.toFixed(2)} s of CPU`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
