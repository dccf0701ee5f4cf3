// Builds the C yardstick with the system's compiler, if there is one.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('yardstick/main.c', import.meta.url));
const strictFlags = ['-std=c11', '-O3', '-Wall', '-Wextra'];

export interface Yardstick {
  readonly path: string;
  /** First line of what the compiler says about itself. */
  readonly compiler: string;
}

/** The program in `folder`, or undefined when the machine has no C compiler. Throws when the compiler refuses. */
export function buildYardstick(folder: string): Yardstick | undefined {
  const command = process.env.CC ?? 'cc';
  const version = spawnSync(command, ['--version'], { encoding: 'utf8' });
  if (version.error !== undefined || version.status !== 0) return undefined;
  const path = join(folder, 'yardstick');
  const compile = (flags: readonly string[]) =>
    spawnSync(command, [...strictFlags, ...flags, '-o', path, source], { encoding: 'utf8' });
  const first = compile(['-march=native']);
  // Some compilers do not know this machine by name.
  const last = first.status === 0 ? first : compile([]);
  if (last.status !== 0) throw new Error(`the C compiler refuses the yardstick:\n${last.stderr}`);
  return { path, compiler: version.stdout.split('\n')[0] ?? command };
}
