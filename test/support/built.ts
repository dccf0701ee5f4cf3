// The program as it is published, in JavaScript, for tests that start many processes of it: TypeScript would have to be
// read anew by each, which takes seconds on a busy machine. Built once, by whoever comes first, when a source is newer.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../e2e/support/cli.ts';

const folder = '.dist-test';
const stamp = join(projectRoot, folder, '.built');
const lock = join(projectRoot, '.dist-test.lock');
/** A lock older than this is left over from a process that has died. */
const lockMilliseconds = 120_000;

function changed(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function newestSource(): number {
  const files = readdirSync(join(projectRoot, 'src'), { recursive: true, withFileTypes: true });
  return files.reduce((newest, file) => Math.max(newest, changed(join(file.parentPath, file.name))), 0);
}

/** Runs `build` while no other process does. */
function locked(build: () => void): void {
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      if (Date.now() - changed(lock) > lockMilliseconds) rmSync(lock, { recursive: true, force: true });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
  try {
    build();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Arguments for Node that run the command line. */
export function builtMain(): string[] {
  if (changed(stamp) <= newestSource()) {
    locked(() => {
      const newest = newestSource();
      if (changed(stamp) > newest) return;
      const compiler = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
      execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', folder], { cwd: projectRoot });
      writeFileSync(stamp, '');
      // As old as the sources that were built, and a little more.
      utimesSync(stamp, (newest + 1) / 1000, (newest + 1) / 1000);
    });
  }
  return [join(projectRoot, folder, 'cli', 'main.js')];
}
