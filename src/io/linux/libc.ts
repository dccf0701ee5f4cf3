// The C library through a foreign function interface (koffi, an optional package with prebuilt binaries). A call costs
// 34 ns, a system call through it 230 and more: so rings and batches, never a call a frame where that can be avoided.
//
// Pointers are numbers (bigint). What is passed as a pointer may also be a typed array, over shared memory too. Memory
// that the system maps is seen through `view`: a true alias, not a copy. Touching a view after `munmap` is a crash, so
// whoever unmaps drops the views first.
import { createRequire } from 'node:module';
import { getSystemErrorMap } from 'node:util';
import { ShimlineError } from '../../errors.ts';

/** What a C function takes as a pointer: an address, or memory of our own. */
export type Pointer = bigint | ArrayBufferView | null;

interface Koffi {
  load(name: string | null): { func(declaration: string): unknown };
  view(address: bigint, bytes: number): ArrayBuffer;
  errno(): number;
  node: { poll(fd: number, options: PollOptions, listener: (status: number) => void): PollHandle };
}

interface PollOptions {
  readonly readable: boolean;
}

interface PollHandle {
  start(options: PollOptions, listener: (status: number) => void): void;
  close(): void;
}

const declarations = {
  socket: 'int socket(int domain, int type, int protocol)',
  bind: 'int bind(int fd, void *address, uint32_t length)',
  setsockopt: 'int setsockopt(int fd, int level, int name, void *value, uint32_t length)',
  getsockopt: 'int getsockopt(int fd, int level, int name, void *value, void *length)',
  sendto: 'int64_t sendto(int fd, void *bytes, size_t length, int flags, void *address, uint32_t addressLength)',
  recv: 'int64_t recv(int fd, void *bytes, size_t length, int flags)',
  sendmmsg: 'int sendmmsg(int fd, void *messages, uint32_t count, int flags)',
  recvmmsg: 'int recvmmsg(int fd, void *messages, uint32_t count, int flags, void *timeout)',
  mmap: 'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
  munmap: 'int munmap(void *address, size_t length)',
  poll: 'int poll(void *descriptors, uint64_t count, int milliseconds)',
  ioctl: 'int ioctl(int fd, uint64_t request, void *argument)',
  open: 'int open(str path, int flags)',
  close: 'int close(int fd)',
  read: 'int64_t read(int fd, void *bytes, size_t length)',
  write: 'int64_t write(int fd, void *bytes, size_t length)',
  setns: 'int setns(int fd, int kind)',
  eventfd: 'int eventfd(uint32_t initial, int flags)',
  if_nametoindex: 'uint32_t if_nametoindex(str name)',
  clock_gettime: 'int clock_gettime(int clock, void *time)',
} as const;

/** The functions: numbers are numbers, pointers are `Pointer`. They answer what C answers; see `errno`. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Pointer, length: number): number;
  setsockopt(fd: number, level: number, name: number, value: Pointer, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Pointer, length: Pointer): number;
  sendto(fd: number, bytes: Pointer, length: number, flags: number, address: Pointer, addressLength: number): number;
  recv(fd: number, bytes: Pointer, length: number, flags: number): number;
  sendmmsg(fd: number, messages: Pointer, count: number, flags: number): number;
  recvmmsg(fd: number, messages: Pointer, count: number, flags: number, timeout: Pointer): number;
  mmap(address: Pointer, length: number, protection: number, flags: number, fd: number, offset: number): bigint;
  munmap(address: Pointer, length: number): number;
  poll(descriptors: Pointer, count: number, milliseconds: number): number;
  ioctl(fd: number, request: number, argument: Pointer): number;
  open(path: string, flags: number): number;
  close(fd: number): number;
  read(fd: number, bytes: Pointer, length: number): number;
  write(fd: number, bytes: Pointer, length: number): number;
  setns(fd: number, kind: number): number;
  eventfd(initial: number, flags: number): number;
  if_nametoindex(name: string): number;
  clock_gettime(clock: number, time: Pointer): number;
  /** The error of the last call that failed, in this thread. */
  errno(): number;
  /** Mapped memory as a buffer. */
  view(address: bigint, bytes: number): ArrayBuffer;
  /**
   * Calls the listener from the event loop as long as there is something to read, or an error that the next read tells.
   * Answers what ends it, to be called before the descriptor is closed. It keeps the process alive until then.
   */
  watch(fd: number, onReadable: () => void): () => void;
}

let loaded: Libc | undefined;

/** The C library of this process. Throws ShimlineError IO in one sentence where there is none to be had. */
export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

function load(): Libc {
  if (process.platform !== 'linux') {
    throw new ShimlineError('IO', 'live interfaces need Linux; replay works everywhere');
  }
  let koffi: Koffi;
  try {
    koffi = createRequire(import.meta.url)('koffi') as Koffi;
  } catch {
    throw new ShimlineError('IO', 'live interfaces need the package koffi, which is not installed: npm install koffi');
  }
  const library = koffi.load(null);
  const functions = Object.fromEntries(
    Object.entries(declarations).map(([name, declaration]) => [name, library.func(declaration)]),
  );
  return {
    ...functions,
    errno: () => koffi.errno(),
    view: (at: bigint, bytes: number) => koffi.view(at, bytes),
    watch: (fd: number, onReadable: () => void) => watch(koffi, fd, onReadable),
  } as unknown as Libc;
}

function watch(koffi: Koffi, fd: number, onReadable: () => void): () => void {
  const options: PollOptions = { readable: true };
  let handle: PollHandle | undefined;
  const onEvent = (status: number): void => {
    try {
      onReadable();
    } finally {
      // An error of the descriptor (a netlink socket that overflowed) ends the poll, and this call is its last.
      if (status !== 0) handle?.start(options, onEvent);
    }
  };
  handle = koffi.node.poll(fd, options, onEvent);
  return () => {
    handle?.close();
    handle = undefined;
  };
}

/** `ENODEV` and its sentence, of a number that a call left behind. */
export function systemError(errno: number): { readonly code: string; readonly sentence: string } {
  const [code, sentence] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, `error ${errno}`];
  return { code, sentence };
}

const rights: Readonly<Record<string, string>> = {
  socket: 'CAP_NET_RAW',
  tap: 'CAP_NET_ADMIN',
  namespace: 'CAP_SYS_ADMIN',
};

/**
 * What the last call refused, as a sentence: `core1: socket(AF_PACKET): operation not permitted (CAP_NET_RAW is
 * missing)`. `need` names the capability behind a refusal.
 */
export function callError(place: string, call: string, need?: 'socket' | 'tap' | 'namespace'): ShimlineError {
  const { code, sentence } = systemError(libc().errno());
  const missing = need !== undefined && (code === 'EPERM' || code === 'EACCES') ? ` (${rights[need]} is missing)` : '';
  return new ShimlineError('IO', `${place}: ${call}: ${sentence}${missing}`);
}
