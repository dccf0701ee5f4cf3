// What a running router's control costs its forwarding: routes changed by the thousand a second and loaded by the million
// over the API, while a label-switched loop keeps the forwarding thread busy. That thread has a core of its own, all others
// and this program share the other one. No rights are needed: the loop is a cable in memory.
//
//   npx tsx bench/live/control.ts [--seconds 60] [--routes 1000000] [--rate 20000]
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../test/e2e/support/cli.ts';
import { pause } from '../../test/live/support/traffic.ts';
import { builtMain } from '../../test/support/built.ts';
import { median } from '../median.ts';
import { callApi } from './call-api.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    routes: { type: 'string', default: '1000000' },
    rate: { type: 'string', default: '20000' },
  },
});
const seconds = Number(values.seconds);
const routes = Number(values.routes);
const changesPerSecond = Number(values.rate);

const rounds = 5;
const batchChanges = 200;
const framesPerSecond = 30_000;
/** Walks through 64 MB, as a program with some objects does. */
const spin = 'const a = new Uint32Array(1 << 24); for (let i = 0; ; i = (i + 4099) & 0xffffff) a[i]++;';
let forwarder = '';
const folder = mkdtempSync(join(tmpdir(), 'shimline-control-'));
const socket = join(folder, 'api.sock');

const config = `router: {name: loop, id: 192.0.2.1}
interfaces:
  src: {device: {pcap: {in: ${join(folder, 'in.pcap')}, pps: ${framesPerSecond}}}, mac: "02:00:00:00:00:0c", mpls: true, addresses: [10.0.3.1/30]}
  a: {device: {loopback: x}, mac: "02:00:00:00:00:0a", mpls: true, addresses: [10.0.1.1/30]}
  b: {device: {loopback: x}, mac: "02:00:00:00:00:0b", mpls: true, addresses: [10.0.2.1/30]}
vrfs: {red: {label: 24001}}
neighbors:
  - {interface: a, address: 10.0.1.2, mac: "02:00:00:00:00:0b"}
  - {interface: b, address: 10.0.2.2, mac: "02:00:00:00:00:0a"}
routes:
  - {prefix: 192.0.2.2/32, via: 10.0.1.2, labels: [100]}
labels:
  - {label: 100, via: 10.0.1.2, labels: [101]}
  - {label: 101, via: 10.0.2.2, labels: [100]}
`;

/** Frames of 64 bytes with one label and a TTL that lasts for 254 rounds. */
async function writeCapture(frames: number): Promise<void> {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  const record = Buffer.alloc(16 + 64);
  record.writeUInt32LE(64, 8);
  record.writeUInt32LE(64, 12);
  Buffer.from('02000000000c02000000000188470006' + '41ff45000032000000004011', 'hex').copy(record, 16);
  const file = createWriteStream(join(folder, 'in.pcap'));
  file.write(header);
  const piece = Buffer.concat(Array.from({ length: 1000 }, () => record));
  for (let i = 0; i < frames; i += 1000) {
    if (!file.write(piece)) await once(file, 'drain');
  }
  await new Promise<void>((resolve) => {
    file.end(() => resolve());
  });
}

async function forwarded(): Promise<number> {
  const { interfaces } = JSON.parse(await callApi(socket, 'GET', '/counters')) as {
    interfaces: Record<string, { out: { frames: number } }>;
  };
  return (interfaces.a?.out.frames ?? 0) + (interfaces.b?.out.frames ?? 0);
}

/** Clock ticks of the processor that a thread has used. */
function ticksOf(task: string): number {
  const fields = readFileSync(`/proc/${router.pid}/task/${task}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

interface Rate {
  readonly perSecond: number;
  /** By the processor's time of the forwarding thread: what others on its core take does not count. */
  readonly perCpuSecond: number;
}

/** Frames forwarded while something goes on. */
async function rateWhile(act: () => Promise<unknown>): Promise<Rate> {
  const [before, start, ticks] = [await forwarded(), performance.now(), ticksOf(forwarder)];
  await act();
  const frames = (await forwarded()) - before;
  const perSecond = frames / ((performance.now() - start) / 1000);
  return { perSecond, perCpuSecond: frames / ((ticksOf(forwarder) - ticks) / 100) };
}

const millions = (value: number): string => (value / 1e6).toFixed(2);
const textOf = ({ perSecond, perCpuSecond }: Rate): string =>
  `${millions(perSecond)} M frames/s, ${millions(perCpuSecond)} M by processor time`;

const address = (i: number): string => `${20 + (i >>> 16)}.${(i >>> 8) & 255}.${i & 255}.0`;
const route = (i: number, label: number) => ({
  vrf: 'red',
  prefix: `${address(i)}/24`,
  via: '192.0.2.2',
  labels: [label],
});

/** Routes that come, move to another label and go, so many changes a second. */
async function change(forSeconds: number): Promise<number> {
  const start = performance.now();
  let done = 0;
  for (let i = 0; performance.now() - start < forSeconds * 1000; ) {
    const due = (performance.now() - start) / 1000;
    if (done > due * changesPerSecond) {
      await pause(1);
      continue;
    }
    const first = (Math.floor(i / 3) * batchChanges) % 60_000;
    const op = ['replace', 'replace', 'delete'][i % 3];
    const changes = Array.from({ length: batchChanges }, (_, k) => {
      const changed = route(first + k, 30_000 + (i % 3));
      return { op, route: op === 'delete' ? { vrf: changed.vrf, prefix: changed.prefix } : changed };
    });
    await callApi(socket, 'POST', '/transactions', JSON.stringify({ changes }));
    done += batchChanges;
    i++;
  }
  return done / ((performance.now() - start) / 1000);
}

/** The lines of a load, made before it: making them is not what is measured. */
function loadLines(): Buffer[] {
  const pieces: Buffer[] = [];
  let piece = '';
  for (let i = 0; i < routes; i++) {
    piece += `${JSON.stringify({ vrf: 'red', prefix: `${100 + (i >>> 20)}.${(i >>> 12) & 255}.${(i >>> 4) & 255}.${(i & 15) << 4}/28`, via: '192.0.2.2', labels: [40_000 + (i & 1023)] })}\n`;
    if ((i & 1023) !== 1023) continue;
    pieces.push(Buffer.from(piece));
    piece = '';
  }
  return [...pieces, Buffer.from(piece)];
}

async function load(lines: readonly Buffer[]): Promise<number> {
  const start = performance.now();
  const answer = await callApi(socket, 'POST', '/routes', Readable.from(lines), 'application/x-ndjson');
  const took = (performance.now() - start) / 1000;
  console.log(`   ${answer.trim()}`);
  return took;
}

/** The thread that has used most of the processor gets a core of its own; all others, and we, the other one. */
function pin(pid: number): string {
  const tasks = readdirSync(`/proc/${pid}/task`).sort((a, b) => ticksOf(b) - ticksOf(a));
  tasks.forEach((task, i) => {
    execFileSync('taskset', ['-pc', i === 0 ? '0' : '1', task], { stdio: 'ignore' });
  });
  execFileSync('taskset', ['-pc', '1', String(process.pid)], { stdio: 'ignore' });
  return tasks[0];
}

await writeCapture(framesPerSecond * (seconds + 100));
writeFileSync(join(folder, 'loop.yaml'), config);
const command = [...builtMain(), 'run', '-c', join(folder, 'loop.yaml'), '--api', `unix:${socket}`, '--json'];
const router = spawn(process.execPath, command, { cwd: projectRoot, stdio: ['ignore', 'ignore', 'inherit'] });
try {
  await pause(6000);
  forwarder = pin(router.pid ?? 0);
  // In turn, so that what the machine does besides hits all of them alike; medians.
  const partsOf = { changes: [] as number[], beside: [] as number[] };
  let changed = 0;
  let idle = 0;
  for (let round = 0; round < rounds; round++) {
    const alone = await rateWhile(() => pause(5000));
    const busy = await rateWhile(async () => {
      changed = await change(seconds / rounds);
    });
    // A program that has nothing to do with the router and keeps the other core as busy.
    const other = spawn('taskset', ['-c', '1', process.execPath, '-e', spin], { stdio: 'ignore' });
    const beside = await rateWhile(() => pause(5000));
    other.kill('SIGKILL');
    console.log(`alone ${textOf(alone)}; ${Math.round(changed)} changes/s ${textOf(busy)}; other ${textOf(beside)}`);
    partsOf.changes.push(busy.perSecond / alone.perSecond);
    partsOf.beside.push(beside.perSecond / alone.perSecond);
    idle = alone.perSecond;
  }
  console.log(
    `medians: with changes ${median(partsOf.changes).toFixed(3)} of the rate alone, beside a foreign program ${median(partsOf.beside).toFixed(3)}`,
  );
  const lines = loadLines();
  let took = 0;
  const loading = await rateWhile(async () => {
    took = await load(lines);
  });
  console.log(
    `${routes} routes in ${took.toFixed(2)} s: ${textOf(loading)}, ${(loading.perSecond / idle).toFixed(3)} of it alone`,
  );
} finally {
  router.kill('SIGTERM');
  await new Promise((resolve) => router.once('exit', resolve));
  rmSync(folder, { recursive: true, force: true });
}
