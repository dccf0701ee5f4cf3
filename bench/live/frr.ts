// Many VPN routes from a BGP peer through bgpd and zebra into the tables: how fast zebra sends to a recorder that only reads,
// how fast to us, and what it costs us. The lab is that of examples/frr; its second PE is a speaker with nothing but routes.
// Needs root, FRR and, where the kernel has no MPLS, a C compiler.
//
//   npx tsx bench/live/frr.ts [--routes 100000]
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../test/e2e/support/cli.ts';
import { Lab, Namespace } from '../../test/live/support/lab.ts';
import { pause } from '../../test/live/support/traffic.ts';
import { builtMain } from '../../test/support/built.ts';
import { machineText, thisMachine } from '../report.ts';
import { callApi } from './call-api.ts';

const { values } = parseArgs({ options: { routes: { type: 'string', default: '100000' } } });
const routes = Number(values.routes);
const recorderPort = 2621;
const ourPort = 2620;
/** Without a byte for so long, zebra has sent all. */
const quietMilliseconds = 3000;
const clockTicks = 100;

const lab = new Lab('bench');
const name = `shim-bench-${process.pid}`;
const state = lab.path('lab');
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  LAB: name,
  LAB_STATE: state,
  SHIMLINE: [process.execPath, ...builtMain()].join(' '),
};

interface Took {
  readonly milliseconds: number;
  /** Of our process: all of it, and its main thread. */
  readonly cpuSeconds?: number;
  readonly mainThreadSeconds?: number;
}

function script(...args: readonly string[]): string {
  const file = join(projectRoot, 'examples', 'frr', 'lab.sh');
  return execFileSync(file, args, { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const vtysh = (node: string, ...commands: readonly string[]) =>
  script('vtysh', node, ...commands.flatMap((command) => ['-c', command]));

function startIn(node: string, file: string, ...args: readonly string[]): ChildProcess {
  const place = new Namespace(lab, `${name}-${node}`);
  const command = [process.execPath, '--import', 'tsx', join(projectRoot, file), ...args];
  return place.spawn(command, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] });
}

async function untilSaid(child: ChildProcess, word: string): Promise<void> {
  let said = '';
  while (!said.includes(word)) said += String((await once(child.stdout as NodeJS.ReadableStream, 'data'))[0]);
}

/** Ends a child and answers what it says last. */
async function lastWords(child: ChildProcess): Promise<string> {
  let said = '';
  child.stdout?.on('data', (part) => {
    said += part;
  });
  child.kill('SIGTERM');
  await once(child, 'close');
  return said;
}

const vpnRoutes = (): number => {
  const [, count = '0'] = /^ibgp\s+(\d+)/m.exec(vtysh('pe1-cp', 'show ip route vrf red summary')) ?? [];
  return Number(count);
};

async function untilTrue(what: string, isTrue: () => boolean | Promise<boolean>, seconds = 120): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !(await isTrue()); await pause(50))
    if (Date.now() > end) throw new Error(`${what}: not in ${seconds} s`);
}

const bytesSent = (): number => Number(/Output bytes: (\d+)/.exec(vtysh('pe1-cp', 'show fpm counters'))?.[1] ?? 0);

/** Waits until zebra has nothing more to say, and every route is there or gone. */
async function untilQuiet(expected: number): Promise<void> {
  await untilTrue(`${expected} routes in zebra`, () => vpnRoutes() === expected);
  for (let before = -1; before !== bytesSent(); await pause(quietMilliseconds)) before = bytesSent();
}

const fpmTo = (port: number) => vtysh('pe1-cp', 'conf t', `fpm address 127.0.0.1 port ${port}`);

function cpuSeconds(path: string): number {
  const fields = readFileSync(path, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / clockTicks;
}

/** CPU time of the router: of all its threads, and of the one that fills the tables. */
function cpuNow(): { readonly all: number; readonly main: number } {
  const pid = readFileSync(join(state, 'pe1', 'pid'), 'utf8').trim();
  return { all: cpuSeconds(`/proc/${pid}/stat`), main: cpuSeconds(`/proc/${pid}/task/${pid}/stat`) };
}

interface Source {
  readonly source: string;
  readonly routes: number;
  readonly stale: number;
  readonly adapter?: { readonly connected: boolean; readonly messages: number };
}

const api = (method: string, path: string, body?: string) =>
  callApi(join(state, 'pe1', 'api.sock'), method, path, body);

async function ours(): Promise<Source> {
  const { sources } = JSON.parse(await api('GET', '/sources')) as { sources: readonly Source[] };
  return sources.find(({ source }) => source === 'fpm') as Source;
}

const startSpeaker = () => startIn('pe2-cp', 'bench/live/vpn-speaker.ts', '--routes', String(routes));

/** When it was begun, milliseconds of the clock; undefined: zebra begins when it likes, so its first byte counts. */
type Begin = () => Promise<number | undefined>;

/** What zebra does when its bytes are only thrown away. */
async function toRecorder(begin: Begin): Promise<Took> {
  const recorder = startIn('pe1-cp', 'test/live/frr/record-fpm.ts', String(recorderPort));
  await untilSaid(recorder, 'listening');
  fpmTo(recorderPort);
  const begun = await begin();
  await untilQuiet(routes);
  const { first, last } = JSON.parse(await lastWords(recorder)) as { first: number; last: number };
  return { milliseconds: last - (begun ?? first) };
}

/** When zebra connected to us last, as the log has it: while routes come in, the API may be slow to answer. */
function connectedAt(): number {
  const lines = readFileSync(join(state, 'pe1', 'log'), 'utf8').split('\n');
  const last = lines.findLast((line) => line.includes('zebra is connected')) ?? '{}';
  return Date.parse((JSON.parse(last) as { time: string }).time);
}

/** The same to us, until every route is in the tables. */
async function toOurs(begin: Begin): Promise<Took> {
  const { messages: before = 0 } = (await ours()).adapter ?? {};
  const cpu = cpuNow();
  const begun = await begin();
  await untilTrue('a first message', async () => ((await ours()).adapter?.messages ?? 0) > before);
  await untilTrue('all routes', async () => {
    const { routes: all, stale } = await ours();
    return all - stale >= routes;
  });
  const milliseconds = Date.now() - (begun ?? connectedAt());
  await pause(500);
  const { all, main } = cpuNow();
  return { milliseconds, cpuSeconds: all - cpu.all, mainThreadSeconds: main - cpu.main };
}

function row(title: string, recorder: Took, us: Took): void {
  const rate = ({ milliseconds }: Took) => `${Math.round(routes / milliseconds)}`.padStart(6);
  const share = Math.round((100 * recorder.milliseconds) / us.milliseconds);
  const cpu = `${us.cpuSeconds?.toFixed(2)} s, of the main thread ${us.mainThreadSeconds?.toFixed(2)} s`;
  console.log(`${title}  recorder ${rate(recorder)}/ms  ours ${rate(us)}/ms  ${share} %  CPU ${cpu}`);
}

async function gone(speaker: ChildProcess): Promise<void> {
  await lastWords(speaker);
  await untilTrue('no routes', () => vpnRoutes() < routes / 100);
}

async function tell(): Promise<ChildProcess> {
  const speaker = startSpeaker();
  await untilSaid(speaker, 'telling');
  return speaker;
}

async function main(): Promise<void> {
  if (!existsSync('/proc/sys/net/mpls')) {
    const source = join(projectRoot, 'test', 'live', 'frr', 'kernel-without-mpls.c');
    environment.FRR_PRELOAD = lab.path('kernel.so');
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', environment.FRR_PRELOAD, source, '-ldl']);
  }
  script('up');
  await untilTrue('VPN routes', () => vpnRoutes() > 0);
  // A hundred thousand routes are not for the customer's OSPF, nor for their RIP.
  vtysh('pe1-cp', 'conf t', 'router ospf vrf red', 'no redistribute bgp');
  script('stop', 'pe2-cp', 'bgpd');
  await untilTrue('no routes', () => vpnRoutes() === 0);
  console.log(
    `${machineText(thisMachine(undefined))}, ${routes} VPNv4 routes, FRR ${vtysh('pe1-cp', 'show version').slice(0, 40)}`,
  );

  let speaker: ChildProcess | undefined;
  const live = async () => {
    speaker = await tell();
    return Date.now();
  };
  const liveRecorded = await toRecorder(async () => {
    await pause(quietMilliseconds);
    return live();
  });
  await gone(speaker as ChildProcess);
  fpmTo(ourPort);
  await untilTrue('our session', async () => (await ours()).adapter?.connected ?? false);
  await pause(quietMilliseconds);
  row('from bgpd ', liveRecorded, await toOurs(live));

  await untilQuiet(routes);
  const walkRecorded = await toRecorder(async () => undefined);
  await untilTrue('our session is over', async () => !(await ours()).adapter?.connected);
  await api('POST', '/sweep?source=fpm');
  await untilTrue('nothing of the session before', async () => (await ours()).routes === 0);
  row('a walk    ', walkRecorded, await toOurs(async () => void fpmTo(ourPort)));
  await lastWords(speaker as ChildProcess);
}

try {
  await main();
} finally {
  script('down');
  lab.close();
}
