// What a network card or veth does to frames behind the router's back, and the kernel's IPv4 address on it, by ioctl
// (linux/ethtool.h, netdevice(7)). Requests hold a pointer, so they live in a mapped page, whose address is known.
import { libc } from './libc.ts';

/** Each is what `ethtool -k` calls it. */
export interface Offloads {
  /** Arriving frames of one flow are merged into a long one. */
  readonly gro: boolean;
  readonly lro: boolean;
  /** Long frames leave the host's stack, to be cut later. */
  readonly gso: boolean;
  readonly tso: boolean;
  /** Checksums of the host's packets are left to be filled in later. */
  readonly tx: boolean;
}

export interface CardFacts {
  /** `veth`, `tun`, `virtio_net` …; empty if it does not say. */
  readonly driver: string;
  readonly offloads: Offloads;
  /** The kernel's first IPv4 address on it, also while it is down. */
  readonly address4: string | undefined;
}

const getAddress = 0x8915;
const siocEthtool = 0x8946;
const getDriver = 0x03;
const getTxChecksum = 0x16;
const getTso = 0x1e;
const getGso = 0x23;
const getFlags = 0x25;
const getGro = 0x2b;
const flagLro = 1 << 15;

const familyInet = 2;
const streamSocket = 1;
const pageBytes = 4096;
/** ifreq: the name, then at 16 the pointer to the ethtool structure, which is put at 64. */
const pointerOffset = 16;
const structureOffset = 64;
/** ethtool_drvinfo: cmd, then char driver[32]. */
const driverOffset = structureOffset + 4;
const driverBytes = 32;

/** undefined: the interface is gone, or there is no ethtool for it. */
export function readCard(name: string): CardFacts | undefined {
  const c = libc();
  const fd = c.socket(familyInet, streamSocket, 0);
  if (fd < 0) return undefined;
  const address = c.mmap(null, pageBytes, 3, 0x22, -1, 0);
  try {
    return askAll(fd, name, address, new DataView(c.view(address, pageBytes)));
  } finally {
    c.munmap(address, pageBytes);
    c.close(fd);
  }
}

function askAll(fd: number, name: string, address: bigint, page: DataView): CardFacts | undefined {
  const bytes = new Uint8Array(page.buffer, 0, pageBytes);
  new TextEncoder().encodeInto(name, bytes.subarray(0, 15));
  page.setBigUint64(pointerOffset, address + BigInt(structureOffset), true);
  const ask = (command: number): number | undefined => {
    page.setUint32(structureOffset, command, true);
    page.setUint32(structureOffset + 4, 0, true);
    return libc().ioctl(fd, siocEthtool, address) < 0 ? undefined : page.getUint32(structureOffset + 4, true);
  };
  const hasDriver = ask(getDriver) !== undefined;
  const end = bytes.indexOf(0, driverOffset);
  const driver = hasDriver
    ? new TextDecoder().decode(bytes.slice(driverOffset, Math.min(end, driverOffset + driverBytes)))
    : '';
  const flags = ask(getFlags);
  if (!hasDriver && flags === undefined) return undefined;
  const isOn = (command: number) => (ask(command) ?? 0) !== 0;
  return {
    driver,
    offloads: {
      gro: isOn(getGro),
      lro: ((flags ?? 0) & flagLro) !== 0,
      gso: isOn(getGso),
      tso: isOn(getTso),
      tx: isOn(getTxChecksum),
    },
    address4: readAddress4(fd, address, bytes),
  };
}

/** The answer is a sockaddr_in where the pointer was: the address is at 4. Asked last, since it overwrites that. */
function readAddress4(fd: number, address: bigint, bytes: Uint8Array): string | undefined {
  if (libc().ioctl(fd, getAddress, address) < 0) return undefined;
  return bytes.slice(pointerOffset + 4, pointerOffset + 8).join('.');
}
