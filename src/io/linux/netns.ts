// Work in another network namespace: the calling thread goes there and comes back, so the work must be synchronous. Sockets
// and TAPs that it opens stay in the namespace for good; nothing else of the process is moved.
import { closeSync, existsSync, fstatSync, openSync } from 'node:fs';
import { ShimlineError } from '../../errors.ts';
import { ioError } from '../io-error.ts';
import { callError, libc } from './libc.ts';

/** Where `ip netns add` keeps its namespaces; the second is a link to the first on most systems. */
const namedFolders = ['/run/netns', '/var/run/netns'];
const networkNamespace = 0x4000_0000;

/**
 * The file of a namespace, which is named (`ip netns add NAME`) or given by a path with a slash (`/proc/123/ns/net`), which
 * is taken as it is. Throws ShimlineError IO when there is none of that name.
 */
export function netnsOf(place: string, netns: string): string {
  if (netns.includes('/')) return netns;
  const found = namedFolders.map((folder) => `${folder}/${netns}`).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new ShimlineError(
    'IO',
    `${place}: there is no network namespace ${netns}; make it with: ip netns add ${netns}`,
  );
}

/**
 * Does `work` in a namespace (undefined: where we are) and answers what it answers. The thread is back in its own
 * namespace afterwards, whatever `work` throws. In our own namespace no right is needed; elsewhere CAP_SYS_ADMIN.
 */
export function inNamespace<Result>(place: string, netns: string | undefined, work: () => Result): Result {
  if (netns === undefined) return work();
  const path = netnsOf(place, netns);
  const own = openNamespace(place, '/proc/thread-self/ns/net');
  try {
    const there = openNamespace(place, path);
    try {
      if (isSame(own, there)) return work();
      enter(place, netns, there);
    } finally {
      closeSync(there);
    }
    try {
      return work();
    } finally {
      enter(place, 'where this thread came from', own);
    }
  } finally {
    closeSync(own);
  }
}

function openNamespace(place: string, path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw ioError(`${place}: network namespace ${path}`, error);
  }
}

function isSame(a: number, b: number): boolean {
  const [one, other] = [a, b].map((fd) => fstatSync(fd, { bigint: true }));
  return one?.dev === other?.dev && one?.ino === other?.ino;
}

function enter(place: string, name: string, fd: number): void {
  if (libc().setns(fd, networkNamespace) !== 0) {
    throw callError(place, `the network namespace ${name} cannot be entered`, 'namespace');
  }
}
