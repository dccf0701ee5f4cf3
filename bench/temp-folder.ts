// A folder for the files of a run, which goes when the run ends, however it ends: done, failed, or interrupted.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Processes that must not outlive an interrupted run. */
const children = new Set<ChildProcess>();

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Starts a process that an interrupt of this one ends. */
export const spawnChild = ((...parameters: Parameters<typeof spawn>) => {
  const child = spawn(...parameters);
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.once('error', () => children.delete(child));
  return child;
}) as typeof spawn;

/** Answers what `work` answers. */
export async function withTempFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'shimline-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const stops = Object.entries(signals).map(([signal, status]) => {
    const stop = () => {
      for (const child of children) child.kill('SIGKILL');
      remove();
      process.exit(status);
    };
    process.once(signal, stop);
    return () => process.off(signal, stop);
  });
  try {
    return await work(folder);
  } finally {
    for (const off of stops) off();
    remove();
  }
}
