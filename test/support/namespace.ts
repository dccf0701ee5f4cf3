// A network namespace of the test's own, which the thread that runs the test enters: what it opens and starts is inside.
// Needs CAP_SYS_ADMIN and CAP_NET_ADMIN; `canUseNamespaces` says whether they are there.
import { spawnSync } from 'node:child_process';
import { libc } from '../../src/io/linux/libc.ts';

const networkNamespace = 0x4000_0000;
let made = 0;

/** Runs a command and answers what it printed. Throws what it complained of. */
export function command(line: string): string {
  const [name = '', ...rest] = line.split(' ');
  const { status, stdout, stderr } = spawnSync(name, rest, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${line}: ${stderr}`);
  return stdout;
}

export interface Namespace {
  readonly name: string;
  leave(): void;
}

/** Makes a namespace and enters it. `leave` goes back and removes it. */
export function enterNamespace(purpose: string): Namespace {
  const name = `shim-${purpose}-${process.pid}-${made++}`;
  const home = libc().open('/proc/thread-self/ns/net', 0);
  command(`ip netns add ${name}`);
  const inside = libc().open(`/run/netns/${name}`, 0);
  const entered = libc().setns(inside, networkNamespace);
  libc().close(inside);
  const leave = () => {
    libc().setns(home, networkNamespace);
    libc().close(home);
    command(`ip netns delete ${name}`);
  };
  if (home < 0 || entered < 0) {
    leave();
    throw new Error('no right to enter a network namespace');
  }
  return { name, leave };
}

/** Whether this process may make namespaces and work in them. */
export function canUseNamespaces(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    enterNamespace('probe').leave();
    return true;
  } catch {
    return false;
  }
}

/** Two interfaces joined as by a cable, up, without addresses; nothing speaks on them by itself. */
export function addVeth(a: string, b: string, mtu = 1500, queues = 1): void {
  const kind = `numtxqueues ${queues} numrxqueues ${queues}`;
  command(`ip link add name ${a} mtu ${mtu} ${kind} type veth peer name ${b} mtu ${mtu} ${kind}`);
  for (const name of [a, b]) {
    command(`sysctl -qw net.ipv6.conf.${name}.disable_ipv6=1`);
    command(`ip link set dev ${name} up`);
  }
  for (const name of [a, b]) untilRunning(name);
}

/** Waits until the kernel has noticed the carrier: a moment after it is there, and until then it throws frames away. */
export function untilRunning(name: string): void {
  for (let attempt = 0; attempt < 500; attempt++) {
    const [link] = JSON.parse(command(`ip -j link show dev ${name}`)) as { operstate: string }[];
    // A TAP never says more than UNKNOWN.
    if (['UP', 'UNKNOWN'].includes(link.operstate)) return;
  }
  throw new Error(`${name} does not come up`);
}
