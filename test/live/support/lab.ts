// A small network on one machine: hosts and routers are network namespaces, cables are veth pairs. Relies on iproute2
// and the rights to make namespaces.
//
// Names are `shim-PURPOSE-PID-…`: what a test that died has left behind is told by its process id, and removed when the
// next lab is built.
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CommandResult {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** What the kernel counted at one interface. */
export interface LinkCounts {
  readonly received: number;
  readonly sent: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** One end of a cable. */
export interface CableEnd {
  readonly in: Namespace;
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  /** With prefix length. None: what a router that is not the kernel wants. */
  readonly addresses?: readonly string[];
}

const commandMilliseconds = 30_000;

function execute(command: string, args: readonly string[], input?: string): CommandResult {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: commandMilliseconds,
    maxBuffer: 1 << 26,
    ...(input === undefined ? {} : { input }),
  });
  return { status: result.status ?? -1, out: result.stdout ?? '', err: result.stderr ?? String(result.error ?? '') };
}

/** Lines for `ip -batch`, in the namespace or, without one, where we are. Throws what `ip` says. */
function ipBatch(lines: readonly string[], namespace?: string): void {
  const where = namespace === undefined ? [] : ['-n', namespace];
  const { status, err } = execute('ip', [...where, '-batch', '-'], `${lines.join('\n')}\n`);
  if (status !== 0) throw new Error(`ip: ${err.trim()}\n${lines.join('\n')}`);
}

/** A host or a router: a network namespace with its own interfaces, addresses and routes. */
export class Namespace {
  readonly name: string;
  readonly #lab: Lab;

  constructor(lab: Lab, name: string) {
    this.#lab = lab;
    this.name = name;
  }

  /** Runs to the end, at most 30 s; the status is what it is. */
  run(command: string, ...args: readonly string[]): CommandResult {
    return execute('ip', ['netns', 'exec', this.name, command, ...args]);
  }

  /** Runs to the end without blocking this process. */
  async runAside(command: string, ...args: readonly string[]): Promise<CommandResult> {
    const child = this.spawn([command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const texts = { out: '', err: '' };
    child.stdout?.on('data', (part) => {
      texts.out += part;
    });
    child.stderr?.on('data', (part) => {
      texts.err += part;
    });
    const status = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
    return { status, ...texts };
  }

  /** Starts a process that ends with the lab at the latest. Its process id is the command's own. */
  spawn(command: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return this.#lab.own(spawn('ip', ['netns', 'exec', this.name, ...command], options));
  }

  /** `ip` commands, a line each: `addr add 10.0.0.1/24 dev eth0`. Throws what `ip` says. */
  ip(...lines: readonly string[]): void {
    ipBatch(lines, this.name);
  }

  /** Sets kernel parameters: `net.ipv4.ip_forward` and a value, dots for slashes as usual. */
  set(parameters: Readonly<Record<string, string | number>>): void {
    const writes = Object.entries(parameters).map(
      ([name, value]) => `echo '${value}' > /proc/sys/${name.replaceAll('.', '/')}`,
    );
    const { status, err } = this.run('sh', '-ec', writes.join('\n'));
    if (status !== 0) throw new Error(`${this.name}: ${err.trim()}`);
  }

  counts(link: string): LinkCounts {
    const { out } = execute('ip', ['-n', this.name, '-s', '-j', 'link', 'show', 'dev', link]);
    const [{ stats64 } = { stats64: undefined }] = JSON.parse(out) as { stats64?: Record<'rx' | 'tx', Stats> }[];
    if (stats64 === undefined) throw new Error(`${this.name}: no counts of ${link}`);
    const { rx, tx } = stats64;
    return { received: rx.packets, receivedBytes: rx.bytes, sent: tx.packets, sentBytes: tx.bytes };
  }

  /** Names of the interfaces that are there. */
  links(): string[] {
    const { out } = execute('ip', ['-n', this.name, '-j', 'link', 'show']);
    return (JSON.parse(out) as { ifname?: string }[]).flatMap(({ ifname }) => ifname ?? []);
  }

  /** Address of hardware, as the kernel gave it. */
  mac(link: string): string {
    const { out } = execute('ip', ['-n', this.name, '-j', 'link', 'show', 'dev', link]);
    return (JSON.parse(out) as { address: string }[])[0]?.address ?? '';
  }
}

interface Stats {
  readonly packets: number;
  readonly bytes: number;
}

/** No duplicate address detection (which takes seconds), no solicitations of routers that are not there. */
const hostParameters = {
  'net.ipv4.ip_forward': 0,
  'net.ipv6.conf.all.accept_dad': 0,
  'net.ipv6.conf.default.accept_dad': 0,
  'net.ipv6.conf.default.router_solicitations': 0,
};

/** The kernel of a router's namespace keeps out of it: it has no address, forwards nothing and asks for nothing. */
const routerParameters = {
  'net.ipv4.ip_forward': 0,
  'net.ipv6.conf.all.disable_ipv6': 1,
  'net.ipv6.conf.default.disable_ipv6': 1,
};

const prefix = 'shim-';

/** Namespaces, cables, processes and files of one test; `close` removes all of it, however far it got. */
export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'shimline-live-'));
  readonly #purpose: string;
  readonly #namespaces: Namespace[] = [];
  readonly #children = new Set<ChildProcess>();
  readonly #closeAtExit = () => this.close();

  /** `purpose` becomes part of the names: letters. */
  constructor(purpose: string) {
    this.#purpose = purpose;
    // Routers may run as another user, who has to read the configuration.
    chmodSync(this.folder, 0o755);
    removeStale();
    process.once('exit', this.#closeAtExit);
  }

  /** A namespace whose kernel is a host: it has addresses, speaks IPv4 and IPv6, and forwards nothing. */
  host(name: string, choice: { readonly ipv6?: boolean } = {}): Namespace {
    const withoutIpv6 = { 'net.ipv6.conf.all.disable_ipv6': 1, 'net.ipv6.conf.default.disable_ipv6': 1 };
    return this.#namespace(name, { ...hostParameters, ...(choice.ipv6 === false ? withoutIpv6 : {}) });
  }

  /** A namespace for a router that is not the kernel. */
  router(name: string): Namespace {
    return this.#namespace(name, routerParameters);
  }

  #namespace(name: string, parameters: Readonly<Record<string, string | number>>): Namespace {
    const full = `${prefix}${this.#purpose}-${process.pid}-${name}`;
    ipBatch([`netns add ${full}`]);
    const namespace = new Namespace(this, full);
    this.#namespaces.push(namespace);
    namespace.set(parameters);
    namespace.ip('link set dev lo up');
    return namespace;
  }

  /** Lays a cable: both ends up, with their addresses. */
  cable(one: CableEnd, other: CableEnd): void {
    const described = ({ in: { name: namespace }, name, mac, mtu }: CableEnd) =>
      [`name ${name} netns ${namespace}`, mac && `address ${mac}`, mtu && `mtu ${mtu}`].filter(Boolean).join(' ');
    ipBatch([`link add ${described(one)} type veth peer ${described(other)}`]);
    for (const { in: namespace, name, addresses = [] } of [one, other]) {
      // A neighbour that is known is not asked for again: a host sends what it is told to, so frames can be counted.
      if (addresses.length > 0) namespace.set({ [`net.ipv4.neigh.${name}.delay_first_probe_time`]: 3600 });
      namespace.ip(...addresses.map((address) => `addr add ${address} dev ${name}`), `link set dev ${name} up`);
    }
  }

  /** A file of the lab's folder. */
  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Has the process end with the lab. */
  own(child: ChildProcess): ChildProcess {
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Ends the processes and removes what was made. May be called twice. */
  close(): void {
    process.off('exit', this.#closeAtExit);
    for (const child of this.#children) child.kill('SIGKILL');
    for (const { name } of this.#namespaces.splice(0)) removeNamespace(name);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A namespace lives on while a process is in it, so those go first. */
function removeNamespace(name: string): void {
  const { out } = execute('ip', ['netns', 'pids', name]);
  for (const pid of out.split('\n').filter((line) => line !== '')) kill(Number(pid));
  execute('ip', ['netns', 'delete', name]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes namespaces of tests whose process is gone. */
function removeStale(): void {
  const { out } = execute('ip', ['netns', 'list']);
  for (const line of out.split('\n')) {
    const [name = ''] = line.split(' ');
    const [, pid] = /^shim-[a-z]+-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) removeNamespace(name);
  }
}
