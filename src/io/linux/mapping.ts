// Memory that the system maps: a ring that it shares with a socket, or pages of our own whose address it is told.
// A mapping is seen through a plain ArrayBuffer. Whoever unmaps must have let go of every array over it.
import { callError, libc } from './libc.ts';

const readWrite = 3;
const shared = 1;
const privateAnonymous = 0x22;
/** Pages are there when mmap returns, so that the hot loop meets no page fault. */
const populate = 0x8000;
const failed = 0xffff_ffff_ffff_ffffn;

export interface Mapping {
  readonly address: bigint;
  readonly buffer: ArrayBuffer;
  /** Gives the memory back; a second call does nothing. */
  unmap(): void;
}

/** Bytes of a socket's ring from an offset, or fresh pages when no descriptor is given. Throws ShimlineError IO. */
export function map(place: string, bytes: number, fd = -1, offset = 0): Mapping {
  const flags = (fd < 0 ? privateAnonymous : shared) | populate;
  const address = libc().mmap(null, bytes, readWrite, flags, fd, offset);
  if (address === failed) throw callError(place, `mmap of ${bytes} bytes`);
  let isMapped = true;
  return {
    address,
    buffer: libc().view(address, bytes),
    unmap() {
      if (isMapped) libc().munmap(address, bytes);
      isMapped = false;
    },
  };
}
