// A TCP socket that listens in another network namespace, as a descriptor that a server of node:net takes over. A socket
// belongs to the namespace in which it was made, whoever uses it later.
import type { IpAddress } from '../../wire/address.ts';
import { write32 } from '../../wire/bytes.ts';
import { callError, libc } from './libc.ts';
import { inNamespace } from './netns.ts';

const family = { 4: 2, 6: 10 } as const;
/** SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC. */
const streamSocket = 1 | 0x800 | 0x8_0000;
const socketLevel = 1;
const reuseAddress = 2;

/** sockaddr_in or sockaddr_in6. */
function socketAddress({ family: version, words }: IpAddress, port: number): Uint8Array {
  const bytes = new Uint8Array(version === 4 ? 16 : 28);
  bytes[0] = family[version];
  bytes[2] = port >>> 8;
  bytes[3] = port;
  for (const [i, word] of words.entries()) write32(bytes, (version === 4 ? 4 : 8) + i * 4, word);
  return bytes;
}

/**
 * Binds a socket there; it listens when a server takes it. Throws ShimlineError IO, beginning with `place`, for an address
 * that is none of the namespace's, a port that somebody has, or a namespace that cannot be entered.
 */
export function boundSocket(place: string, netns: string, address: IpAddress, port: number): number {
  return inNamespace(place, netns, () => {
    const c = libc();
    const fd = c.socket(family[address.family], streamSocket, 0);
    if (fd < 0) throw callError(place, 'socket');
    const one = new Uint32Array([1]);
    c.setsockopt(fd, socketLevel, reuseAddress, one, 4);
    const name = socketAddress(address, port);
    if (c.bind(fd, name, name.length) < 0) {
      const error = callError(place, `network namespace ${netns}`);
      c.close(fd);
      throw error;
    }
    return fd;
  });
}
