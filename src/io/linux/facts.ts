// What the system knows of an interface or a network namespace, for `shimline doctor`: from /sys/class/net and /proc, and by
// ioctl where koffi is there. Nothing is changed. What cannot be read is undefined, nothing throws.
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { basename } from 'node:path';
import { formatAddress, parseAddress } from '../../wire/address.ts';
import { type CardFacts, readCard } from './card.ts';
import { inNamespace } from './netns.ts';

export interface LinkFacts {
  readonly name: string;
  readonly index: number;
  /** Set up by the administrator (IFF_UP). */
  readonly isUp: boolean;
  /** The other end is there. */
  readonly hasCarrier: boolean;
  /** As the kernel counts: without the Ethernet header. */
  readonly mtu: number;
  /** `02:00:00:00:01:01` */
  readonly mac: string;
  /** The bridge, bond, team or VRF that it is a member of. */
  readonly master: string | undefined;
  /** Other interfaces on top of it, such as the kernel's own VLAN interfaces. */
  readonly uppers: readonly string[];
  /** Addresses of the kernel on it, without IPv6 link-local ones. */
  readonly addresses: readonly string[];
  /** undefined: without koffi, or the driver does not say. */
  readonly card: CardFacts | undefined;
  /** It is a TAP or TUN. */
  readonly isTun: boolean;
  /** The other end of a veth: its name, or `elsewhere` in another namespace; undefined for what is no veth. */
  readonly peer: { readonly name: string } | 'elsewhere' | undefined;
  /** net.ipv6.conf.X.disable_ipv6 is 0. */
  readonly hasIpv6: boolean;
  readonly forwards4: boolean;
  readonly forwards6: boolean;
  /** net.mpls.conf.X.input */
  readonly forwardsMpls: boolean;
  /** Processes with a packet socket on it, such as `tcpdump (123)`. */
  readonly listeners: readonly string[];
}

const folder = '/sys/class/net';
const flagUp = 1;

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Whether a file holds a number above 0. A name with a dot is one step of a path here, unlike for `sysctl`. */
const isOn = (path: string): boolean => Number(textOf(path) ?? 0) > 0;

/** Interfaces of this thread's network namespace. */
export function linkNames(): string[] {
  const lines = (textOf('/proc/thread-self/net/dev') ?? '').split('\n').slice(2);
  return lines.filter((line) => line.includes(':')).map((line) => line.slice(0, line.indexOf(':')).trim());
}

/** Whether /sys shows the namespace that we are in: it goes on showing the old one after `nsenter` or `unshare`. */
export function isSysfsOwn(): boolean {
  const shown = namesIn(folder).filter((name) => existsSync(`${folder}/${name}/ifindex`));
  return shown.sort().join('\n') === linkNames().sort().join('\n');
}

/** Of IPv4 and IPv6, but link-local. Node leaves out IPv4 while the interface is down; then the first one must do. */
function addressesOf(name: string, address4: string | undefined): string[] {
  const found = new Set<string>();
  for (const [label, list] of Object.entries(networkInterfaces())) {
    // An alias is called eth0:1.
    if (label !== name && !label.startsWith(`${name}:`)) continue;
    for (const { cidr, address, family } of list ?? []) if (family === 'IPv4') found.add(cidr ?? address);
  }
  if (found.size === 0 && address4 !== undefined) found.add(address4);
  for (const line of (textOf('/proc/thread-self/net/if_inet6') ?? '').split('\n')) {
    const [digits = '', , length = '', , , device] = line.split(/\s+/);
    if (device !== name || /^fe[89ab]/.test(digits)) continue;
    const address = parseAddress((digits.match(/.{4}/g) ?? []).join(':'));
    if (address !== undefined) found.add(`${formatAddress(address)}/${Number.parseInt(length, 16)}`);
  }
  return [...found];
}

function cardOf(name: string): CardFacts | undefined {
  try {
    return readCard(name);
  } catch {
    return undefined;
  }
}

/** The index of the other end is one of the other end's namespace: only if that points back is it ours. */
function peerOf(name: string, index: number, driver: string | undefined): LinkFacts['peer'] {
  if (driver !== 'veth') return undefined;
  const peerIndex = Number(textOf(`${folder}/${name}/iflink`));
  const peer = namesIn(folder).find(
    (each) =>
      Number(textOf(`${folder}/${each}/ifindex`)) === peerIndex && Number(textOf(`${folder}/${each}/iflink`)) === index,
  );
  return peer === undefined || peer === name ? 'elsewhere' : { name: peer };
}

/** Socket inodes of /proc/net/packet by interface index. */
function packetSockets(index: number): Set<string> {
  const lines = (textOf('/proc/thread-self/net/packet') ?? '').split('\n').slice(1);
  const rows = lines.map((line) => line.trim().split(/\s+/));
  return new Set(rows.filter((row) => Number(row[4]) === index).map((row) => `socket:[${row[8]}]`));
}

function listenersOf(index: number): string[] {
  const sockets = packetSockets(index);
  if (sockets.size === 0) return [];
  const processes = namesIn('/proc').filter((name) => /^\d+$/.test(name));
  const holders = processes.filter((pid) =>
    namesIn(`/proc/${pid}/fd`).some((fd) => sockets.has(linkTarget(`/proc/${pid}/fd/${fd}`) ?? '')),
  );
  // Without rights the sockets are seen and their holders are not.
  if (holders.length === 0) return ['a process that cannot be seen'];
  return holders.map((pid) => `${textOf(`/proc/${pid}/comm`) ?? 'process'} (${pid})`);
}

/** undefined: there is no such interface in our namespace. */
export function readLink(name: string): LinkFacts | undefined {
  const base = `${folder}/${name}`;
  const index = Number(textOf(`${base}/ifindex`) ?? 0);
  if (index === 0) return undefined;
  const master = linkTarget(`${base}/master`);
  const conf = (family: string) => `/proc/sys/net/${family}/conf/${name}`;
  const card = cardOf(name);
  return {
    name,
    index,
    isUp: (Number(textOf(`${base}/flags`)) & flagUp) !== 0,
    hasCarrier: textOf(`${base}/carrier`) === '1',
    mtu: Number(textOf(`${base}/mtu`)),
    mac: textOf(`${base}/address`) ?? '',
    master: master === undefined ? undefined : basename(master),
    uppers: namesIn(base)
      .filter((each) => each.startsWith('upper_'))
      .map((each) => each.slice('upper_'.length))
      .filter((each) => master === undefined || each !== basename(master)),
    addresses: addressesOf(name, card?.address4),
    card,
    isTun: existsSync(`${base}/tun_flags`),
    peer: peerOf(name, index, card?.driver),
    hasIpv6: textOf(`${conf('ipv6')}/disable_ipv6`) === '0',
    forwards4: isOn(`${conf('ipv4')}/forwarding`),
    forwards6: isOn(`${conf('ipv6')}/forwarding`),
    forwardsMpls: isOn(`${conf('mpls')}/input`),
    listeners: listenersOf(index),
  };
}

export interface NamespaceFacts {
  /** It is the one that we are in. */
  readonly isOwn: boolean;
  /** What is known from inside; undefined: it could not be entered. */
  readonly inside: { readonly links: readonly string[]; readonly strictReversePath: readonly string[] } | undefined;
}

/** `all` and `default`, where net.ipv4.conf.X.rp_filter is strict. */
function strictReversePath(): string[] {
  return ['all', 'default'].filter((each) => textOf(`/proc/sys/net/ipv4/conf/${each}/rp_filter`) === '1');
}

/** Goes into the namespace by this thread alone, reads and comes back. */
function readInside(file: string): NamespaceFacts['inside'] {
  return inNamespace('namespace', file, () => ({ links: linkNames(), strictReversePath: strictReversePath() }));
}

/** A namespace by its name for `ip netns`. undefined: there is none. */
export function readNamespace(name: string): NamespaceFacts | undefined {
  const file = ['/run/netns', '/var/run/netns'].map((each) => `${each}/${name}`).find((each) => existsSync(each));
  if (file === undefined) return undefined;
  const [own, other] = ['/proc/thread-self/ns/net', file].map((each) => statSync(each, { bigint: true }));
  const isOwn = own?.ino === other?.ino && own?.dev === other?.dev;
  if (isOwn) return { isOwn, inside: { links: linkNames(), strictReversePath: strictReversePath() } };
  try {
    return { isOwn, inside: readInside(file) };
  } catch {
    return { isOwn, inside: undefined };
  }
}
