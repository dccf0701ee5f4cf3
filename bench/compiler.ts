// Builds the C yardsticks with the system's compiler, if there is one.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sourceOf = (name: string) => fileURLToPath(new URL(`yardstick/${name}`, import.meta.url));
const strictFlags = ['-std=c11', '-O3', '-Wall', '-Wextra'];

/** The programs: what each is compiled from, and what it wants. */
const programs = {
  /** Forwards on one thread. */
  path: { source: 'main.c', flags: [] },
  /** The same on many. */
  threaded: { source: 'main.c', flags: ['-pthread', '-DTHREADED'] },
  /** Copies a capture file frame by frame. */
  files: { source: 'files.c', flags: [] },
} as const;

export type Program = keyof typeof programs;

export interface Yardstick extends Readonly<Record<Program, string>> {
  /** First line of what the compiler says about itself. */
  readonly compiler: string;
}

function compile(command: string, folder: string, program: Program): string {
  const { source, flags } = programs[program];
  const path = join(folder, `yardstick-${program}`);
  const run = (more: readonly string[]) =>
    spawnSync(command, [...strictFlags, ...more, ...flags, '-o', path, sourceOf(source)], { encoding: 'utf8' });
  const first = run(['-march=native']);
  // Some compilers do not know this machine by name.
  const last = first.status === 0 ? first : run([]);
  if (last.status !== 0) throw new Error(`the C compiler refuses ${source}:\n${last.stderr}`);
  return path;
}

/** The programs in `folder`, or undefined when the machine has no C compiler. Throws when the compiler refuses. */
export function buildYardstick(folder: string): Yardstick | undefined {
  const command = process.env.CC ?? 'cc';
  const version = spawnSync(command, ['--version'], { encoding: 'utf8' });
  if (version.error !== undefined || version.status !== 0) return undefined;
  const paths = Object.keys(programs).map((name) => [name, compile(command, folder, name as Program)] as const);
  return {
    ...(Object.fromEntries(paths) as Record<Program, string>),
    compiler: version.stdout.split('\n')[0] ?? command,
  };
}
