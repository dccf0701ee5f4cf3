// What this process may do and what the kernel offers, for `shimline doctor`: rights, locked memory, socket families. From
// /proc, and by trying a socket where koffi is there. Nothing throws.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { libc } from './libc.ts';

export interface HostFacts {
  readonly isLinux: boolean;
  readonly hasKoffi: boolean;
  /** Bits of CapEff; see `capabilities`. undefined: not known. */
  readonly effective: bigint | undefined;
  /** RLIMIT_MEMLOCK, bytes; Infinity for unlimited. */
  readonly lockedBytesMax: number;
  /** Whether the kernel has the socket family; undefined: could not be tried. */
  readonly hasPacketSockets: boolean | undefined;
  readonly hasXdpSockets: boolean | undefined;
  readonly tun: 'usable' | 'missing' | 'refused';
  /** Why the package `cap` does not load; undefined: it does. */
  readonly capProblem: 'missing' | 'libpcap' | undefined;
}

/** Numbers of linux/capability.h. */
export const capabilities = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13, CAP_IPC_LOCK: 14, CAP_SYS_ADMIN: 21 } as const;
export type Capability = keyof typeof capabilities;

export function hasCapability({ effective }: Pick<HostFacts, 'effective'>, name: Capability): boolean {
  return effective === undefined || ((effective >> BigInt(capabilities[name])) & 1n) === 1n;
}

function lineOf(path: string, start: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .find((line) => line.startsWith(start))
      ?.slice(start.length)
      .trim();
  } catch {
    return undefined;
  }
}

function lockedBytesMax(): number {
  const [soft] = (lineOf('/proc/self/limits', 'Max locked memory') ?? 'unlimited').split(/\s+/);
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

const rawSocket = 3;
/** EAFNOSUPPORT of Linux. */
const familyUnknown = 97;

function hasFamily(family: number): boolean | undefined {
  try {
    const fd = libc().socket(family, rawSocket, 0);
    if (fd < 0) return libc().errno() === familyUnknown ? false : undefined;
    libc().close(fd);
    return true;
  } catch {
    return undefined;
  }
}

function tunState(): HostFacts['tun'] {
  const path = '/dev/net/tun';
  if (!existsSync(path)) return 'missing';
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return 'usable';
  } catch {
    return 'refused';
  }
}

function loads(name: string): string | undefined {
  try {
    createRequire(import.meta.url)(name);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function capProblem(): HostFacts['capProblem'] {
  const message = loads('cap');
  if (message === undefined) return undefined;
  return message.includes("'cap'") ? 'missing' : 'libpcap';
}

export function readHost(): HostFacts {
  const bits = lineOf('/proc/self/status', 'CapEff:');
  const familyPacket = 17;
  const familyXdp = 44;
  return {
    isLinux: process.platform === 'linux',
    hasKoffi: loads('koffi') === undefined,
    effective: bits === undefined ? undefined : BigInt(`0x${bits}`),
    lockedBytesMax: lockedBytesMax(),
    hasPacketSockets: hasFamily(familyPacket),
    hasXdpSockets: hasFamily(familyXdp),
    tun: tunState(),
    capProblem: capProblem(),
  };
}
