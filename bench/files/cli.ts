// The real command line in a process of its own, as it is installed: from `dist` if that is newer than the sources,
// else straight from the sources.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Summary } from '../../src/workers/summary.ts';
import { spawnChild } from '../temp-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Cli {
  /** What stands before the arguments of a command line. */
  readonly words: readonly string[];
  /** Where it was run from, for reports. */
  readonly from: string;
}

export interface ReplayRun {
  readonly summary: Summary;
  /** Of the whole process, its start included. */
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

function newestSourceMilliseconds(): number {
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return Math.max(...names.map((name) => statSync(join(root, 'src', name)).mtimeMs));
}

export function findCli(): Cli {
  const built = join(root, 'dist/cli/main.js');
  if (existsSync(built) && statSync(built).mtimeMs >= newestSourceMilliseconds()) {
    return { words: [built], from: 'dist' };
  }
  return {
    words: [...process.execArgv, join(root, 'src/cli/main.ts')],
    from: 'the sources (dist is missing or older)',
  };
}

/** Has a process leave its usage of the CPU in a file when it ends. */
function usageReporter(path: string): string[] {
  const script = `import { writeFileSync } from 'node:fs';
    process.once('exit', () => writeFileSync(${JSON.stringify(path)}, JSON.stringify(process.resourceUsage())));`;
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`];
}

/** Runs a program to its end and answers what it printed. Throws when it fails. */
export function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawnChild(command, [...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    child.once('error', reject);
    child.once('close', (status, signal) => {
      if (status === 0) resolve(printed);
      else reject(new Error(`${command} ended with ${status ?? signal}`));
    });
  });
}

/** `shimline replay` with these arguments. */
export async function replayOnce(cli: Cli, folder: string, args: readonly string[]): Promise<ReplayRun> {
  const usagePath = join(folder, 'usage.json');
  const begin = performance.now();
  const printed = await run(process.execPath, [...usageReporter(usagePath), ...cli.words, 'replay', ...args, '--json']);
  const wallSeconds = (performance.now() - begin) / 1000;
  const usage = JSON.parse(readFileSync(usagePath, 'utf8')) as NodeJS.ResourceUsage;
  const cpuSeconds = (usage.userCPUTime + usage.systemCPUTime) / 1e6;
  return { summary: JSON.parse(printed) as Summary, wallSeconds, cpuSeconds };
}
