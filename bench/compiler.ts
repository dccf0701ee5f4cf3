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

/** For live interfaces, on Linux. */
const livePrograms = {
  /** Forwards. */
  live: { source: 'live.c', flags: ['-DLIVE'] },
  /** Sends to a forwarder, and takes what comes out of it. */
  wire: { source: 'wire.c', flags: [] },
} as const;

interface Program {
  readonly source: string;
  readonly flags: readonly string[];
}

/** Paths of the programs. */
type Compiled<Names extends string> = Readonly<Record<Names, string>> & {
  /** First line of what the compiler says about itself. */
  readonly compiler: string;
};

export type Yardstick = Compiled<keyof typeof programs>;
export type LiveYardstick = Compiled<keyof typeof livePrograms>;

function compile(command: string, path: string, { source, flags }: Program): string {
  const run = (more: readonly string[]) =>
    spawnSync(command, [...strictFlags, ...more, ...flags, '-o', path, sourceOf(source)], { encoding: 'utf8' });
  const first = run(['-march=native']);
  // Some compilers do not know this machine by name.
  const last = first.status === 0 ? first : run([]);
  if (last.status !== 0) throw new Error(`the C compiler refuses ${source}:\n${last.stderr}`);
  return path;
}

function build<Names extends string>(
  folder: string,
  wanted: Readonly<Record<Names, Program>>,
): Compiled<Names> | undefined {
  const command = process.env.CC ?? 'cc';
  const version = spawnSync(command, ['--version'], { encoding: 'utf8' });
  if (version.error !== undefined || version.status !== 0) return undefined;
  const paths = Object.entries<Program>(wanted).map(
    ([name, program]) => [name, compile(command, join(folder, `yardstick-${name}`), program)] as const,
  );
  return {
    ...(Object.fromEntries(paths) as Record<Names, string>),
    compiler: version.stdout.split('\n')[0] ?? command,
  };
}

/** The programs in `folder`, or undefined when the machine has no C compiler. Throws when the compiler refuses. */
export const buildYardstick = (folder: string): Yardstick | undefined => build(folder, programs);
export const buildLiveYardstick = (folder: string): LiveYardstick | undefined => build(folder, livePrograms);
