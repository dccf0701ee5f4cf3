// Where the API is reached: a socket in the file system, or a port and a token.
import { chmodSync, lstatSync, mkdirSync, readFileSync, unlinkSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import { ShimlineError } from '../../errors.ts';
import { ioError } from '../../io/io-error.ts';

export type ApiAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Bytes of a path that a socket address has room for. */
const socketPathBytesMax = 107;
const connectMilliseconds = 1000;

function usage(message: string): ShimlineError {
  return new ShimlineError('USAGE', message);
}

/** `unix:PATH`, `tcp:HOST:PORT` (an IPv6 address in brackets); undefined for `none`. Throws ShimlineError USAGE. */
export function parseApiAddress(text: string): ApiAddress | undefined {
  if (text === 'none') return undefined;
  if (text.startsWith('unix:') && text.length > 'unix:'.length)
    return { kind: 'unix', path: text.slice('unix:'.length) };
  const [, host, port] = /^tcp:(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+):([0-9]{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    throw usage(`--api ${text}: expected unix:PATH, tcp:HOST:PORT or none`);
  }
  return { kind: 'tcp', host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

export function formatApiAddress(address: ApiAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `tcp:${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** The folder of sockets: that of the user's session, or of the system. */
export function socketFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { XDG_RUNTIME_DIR: folder } = env;
  return folder?.startsWith('/') ? `${folder}/shimline` : '/run/shimline';
}

/** Where a router of this name is reached unless something else is said. */
export function defaultSocket(routerName: string, env?: NodeJS.ProcessEnv): string {
  return `${socketFolder(env)}/${routerName.replaceAll(/[^\w.-]/g, '-').replace(/^\.+/, '-')}.sock`;
}

/** The token that a TCP port asks for: of a file, or of SHIMLINE_TOKEN. Throws ShimlineError when there is none. */
export function readToken(file: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  let token = env.SHIMLINE_TOKEN ?? '';
  if (file !== undefined) {
    try {
      token = readFileSync(file, 'utf8').trim();
    } catch (error) {
      throw ioError(file, error);
    }
  }
  if (token === '') throw usage('--api tcp: needs a token: SHIMLINE_TOKEN or --token-file FILE');
  if (/[^\x21-\x7e]/.test(token)) throw usage('the token may have no spaces, control or other than ASCII characters');
  return token;
}

/** Whether somebody answers at a socket; false when what is there is left over from a process that has ended. */
export function isInUse(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path, timeout: connectMilliseconds });
    const answer = (inUse: boolean) => {
      socket.destroy();
      resolve(inUse);
    };
    socket.on('connect', () => answer(true));
    // Somebody whose queue is full is there as well.
    socket.on('timeout', () => answer(true));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      answer(!['ECONNREFUSED', 'ENOENT'].includes(error.code ?? '')),
    );
  });
}

/** Makes the place ready: its folder is there and nothing is left over in it. Throws ShimlineError IO. */
export async function prepareSocket(path: string): Promise<void> {
  if (Buffer.byteLength(path) > socketPathBytesMax) {
    throw new ShimlineError('IO', `${path}: longer than ${socketPathBytesMax} bytes, the most of a socket's path`);
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there === undefined) return;
    if (!there.isSocket()) throw new ShimlineError('IO', `${path}: is there and no socket`);
    if (await isInUse(path)) throw new ShimlineError('IO', `${path}: another process answers there`);
    unlinkSync(path);
  } catch (error) {
    throw error instanceof ShimlineError ? error : ioError(path, error);
  }
}

/** Runs `listen`, which binds a socket before it returns, so that nobody else may connect at any moment. */
export function bindPrivately(path: string, listen: () => Promise<unknown>): Promise<void> {
  const before = process.umask(0o177);
  let listening: Promise<unknown>;
  try {
    listening = listen();
  } finally {
    process.umask(before);
  }
  return listening.then(() => chmodSync(path, 0o600));
}
