// Telling systemd how a service is (sd_notify(3)): datagrams of KEY=VALUE lines to the socket that NOTIFY_SOCKET names. Without
// that variable, or without the C library, everything here does nothing. A message that cannot be sent is lost silently, as
// sd_notify advises: a service must not fail for it.
import { libc } from './libc.ts';

export interface Notifier {
  /** The service is up, or has finished what `reloading` began. */
  ready(status?: string): void;
  /** The configuration is being read again; `ready` must follow. */
  reloading(): void;
  /** The service is going down. */
  stopping(): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  /**
   * Begins to send WATCHDOG=1, at once and then at half of the time in which systemd wants it, as long as `isAlive` says so. Does
   * nothing when nobody watches. The timer is that of the calling thread: a loop that never yields stops it, which is meant.
   */
  watch(isAlive?: () => boolean): void;
  /** Ends the watch and gives the socket back. May be called twice. */
  close(): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

const familyUnix = 1;
const datagramCloseOnExec = 2 | 0o2000000;
/** MSG_DONTWAIT | MSG_NOSIGNAL: a full queue of the receiver is not waited for. */
const sendFlags = 0x40 | 0x4000;
/** sun_path of sockaddr_un. */
const pathBytesMax = 108;

/** sockaddr_un; `@name` is a name of the abstract namespace. undefined: no address of this kind. */
function socketAddress(path: string): Uint8Array | undefined {
  const bytes = new TextEncoder().encode(path);
  const isAbstract = path.startsWith('@');
  if ((!isAbstract && !path.startsWith('/')) || bytes.length < 2 || bytes.length >= pathBytesMax) return undefined;
  const address = new Uint8Array(2 + bytes.length + (isAbstract ? 0 : 1));
  new DataView(address.buffer).setUint16(0, familyUnix, true);
  address.set(bytes, 2);
  if (isAbstract) address[2] = 0;
  return address;
}

/** A function that sends, and one that closes; undefined where nobody listens or nothing can be sent. */
function openSocket(path: string | undefined) {
  const address = path === undefined ? undefined : socketAddress(path);
  if (address === undefined) return undefined;
  try {
    const c = libc();
    const fd = c.socket(familyUnix, datagramCloseOnExec, 0);
    if (fd < 0) return undefined;
    const send = (lines: readonly string[]) => {
      const bytes = new TextEncoder().encode(lines.join('\n'));
      c.sendto(fd, bytes, bytes.length, sendFlags, address, address.length);
    };
    return { send, close: () => c.close(fd) };
  } catch {
    return undefined;
  }
}

/** Milliseconds between signs of life: half of WATCHDOG_USEC. undefined: nobody watches this process. */
export function watchdogMilliseconds(environment: Environment): number | undefined {
  const { WATCHDOG_USEC: microseconds = '', WATCHDOG_PID: pid } = environment;
  const isForUs = pid === undefined || Number(pid) === process.pid;
  if (!isForUs || !/^[0-9]+$/.test(microseconds) || Number(microseconds) === 0) return undefined;
  return Math.max(1, Math.floor(Number(microseconds) / 2000));
}

const statusLine = (text: string) => `STATUS=${text.replaceAll('\n', ' ')}`;

export function openNotifier(environment: Environment = process.env): Notifier {
  let socket = openSocket(environment.NOTIFY_SOCKET);
  let timer: NodeJS.Timeout | undefined;
  const send = (...lines: string[]) => socket?.send(lines);
  return {
    ready: (status) => send('READY=1', ...(status === undefined ? [] : [statusLine(status)])),
    // Node's own clock is CLOCK_MONOTONIC, in nanoseconds.
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => send('STOPPING=1'),
    status: (text) => send(statusLine(text)),
    watch(isAlive = () => true) {
      const milliseconds = watchdogMilliseconds(environment);
      if (socket === undefined || milliseconds === undefined || timer !== undefined) return;
      const sign = () => {
        if (isAlive()) send('WATCHDOG=1');
      };
      sign();
      timer = setInterval(sign, milliseconds).unref();
    },
    close() {
      clearInterval(timer);
      timer = undefined;
      socket?.close();
      socket = undefined;
    },
  };
}
