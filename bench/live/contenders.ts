// Forwarders on live interfaces, each between a generator and a sink of its own, in namespaces of their own: so all can
// be started once, and the one that gets frames is the one that works. The others are stopped meanwhile (SIGSTOP).
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Lab, Namespace } from '../../test/live/support/lab.ts';
import { startShimline } from '../../test/live/support/shimline.ts';
import {
  addresses,
  configText,
  type Devices,
  macs,
  nextHop,
  prefixes,
  type WorkloadName,
  writeTables,
} from './workload.ts';

/** The cores: one for forwarding, the other for everything else. */
export const forwardingCore = '0';
export const otherCore = '1';

export const onCore = (core: string): string[] => ['taskset', '-c', core];

/** Where a contender stands: frames go from the generator by its `wire` to `in`, and from `out` to the sink's. */
export interface Stand {
  readonly generator: Namespace;
  readonly router: Namespace;
  readonly sink: Namespace;
}

export interface Contender {
  readonly name: string;
  readonly stand: Stand;
  readonly workloads: readonly WorkloadName[];
  /** CPU time that it has taken so far, seconds; undefined: it is no process. */
  cpuSeconds(): number | undefined;
  /** Whether it has to send the very frames that we do: the kernel pushes no labels, and libpcap loses some. */
  readonly sendsTheSame: boolean;
  /** Begins and ceases to take part; the kernel always does. */
  resume(): void;
  pause(): void;
  stop(): Promise<void>;
}

function buildStand(lab: Lab, name: string, router: Namespace): Stand {
  const generator = lab.router(`${name}-g`);
  const sink = lab.router(`${name}-s`);
  lab.cable({ in: generator, name: 'wire' }, { in: router, name: 'in', mac: macs.in });
  lab.cable({ in: router, name: 'out', mac: macs.out }, { in: sink, name: 'wire' });
  return { generator, router, sink };
}

const ticksASecond = 100;

/** User and system time of a process and its threads. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksASecond;
}

const nothing = (): void => undefined;
const both = ['push', 'swap'] as const;

/** shimline, with the devices given. Throws what it says when it does not start. */
export async function startOurs(lab: Lab, name: string, devices: Devices, sendsTheSame = true): Promise<Contender> {
  const stand = buildStand(lab, name, lab.router(`${name}-r`));
  const process = await startShimline(lab, stand.router, configText(devices), { name, by: onCore(forwardingCore) });
  return {
    name,
    stand,
    workloads: both,
    sendsTheSame,
    cpuSeconds: () => cpuSecondsOf(process.pid),
    resume: () => process.signal('SIGCONT'),
    pause: () => process.signal('SIGSTOP'),
    async stop() {
      process.signal('SIGCONT');
      await process.stop();
    },
  };
}

/** The C program on the same sockets and tables; `name` tells how it sends. */
export async function startInC(lab: Lab, program: string): Promise<Contender> {
  const stand = buildStand(lab, 'c', lab.router('c-r'));
  const config = lab.file('c.yaml', configText({ in: '{afpacket: in}', out: '{afpacket: out}' }));
  const tables = lab.path('c.tables');
  await writeTables(config, tables);
  const child = stand.router.spawn([...onCore(forwardingCore), program, tables, 'in', 'out'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const way = await readyWord(child);
  return {
    name: `C (${way})`,
    stand,
    workloads: both,
    sendsTheSame: true,
    cpuSeconds: () => cpuSecondsOf(child.pid as number),
    resume: () => child.kill('SIGCONT'),
    pause: () => child.kill('SIGSTOP'),
    async stop() {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** What follows `ready` in the first line. */
async function readyWord(child: ChildProcess): Promise<string> {
  const [first] = (await Promise.race([
    once(child.stdout as NodeJS.ReadableStream, 'data'),
    once(child, 'exit').then(() => ['']),
  ])) as [Buffer | string];
  const [, word] = /^ready (\w+)/.exec(String(first)) ?? [];
  if (word === undefined) throw new Error('the C yardstick does not start');
  return word;
}

/** The kernel's own IPv4 forwarding with the same routes, on the forwarding core; it pushes no labels. */
export function startKernel(lab: Lab): Contender {
  const router = lab.host('kernel-r', { ipv6: false });
  const stand = buildStand(lab, 'kernel', router);
  router.set({ 'net.ipv4.ip_forward': 1, 'net.ipv4.conf.all.rp_filter': 0, 'net.ipv4.conf.in.rp_filter': 0 });
  router.ip(
    `addr add ${addresses.in} dev in`,
    `addr add ${addresses.out} dev out`,
    `neigh replace ${nextHop} lladdr ${macs.nextHop} dev out nud permanent`,
    ...prefixes.map((prefix) => `route add ${prefix} via ${nextHop}`),
  );
  // Otherwise frames would be forwarded on the core that sends them.
  const steer = `echo ${(1 << Number(forwardingCore)).toString(16)} > /sys/class/net/in/queues/rx-0/rps_cpus`;
  if (router.run('sh', '-c', steer).status !== 0) throw new Error('receive packet steering cannot be set');
  return {
    name: 'the kernel’s IPv4 forwarding',
    stand,
    workloads: ['push'],
    sendsTheSame: false,
    cpuSeconds: () => undefined,
    resume: nothing,
    pause: nothing,
    stop: async () => undefined,
  };
}
