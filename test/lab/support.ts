// Shared by the tests of the lab: where the project is, and the demo run as its users run it.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../e2e/support/cli.ts';

export const pcapsPath = (...parts: string[]): string => join(projectRoot, 'pcaps', ...parts);

/** As a URL: tsx is not installed in the directory in which the demo runs. */
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** `npm start`, in another working directory. */
export function runDemo(cwd: string): { readonly status: number | null; readonly out: string; readonly err: string } {
  const demo = spawnSync(process.execPath, ['--import', tsx, pcapsPath('demo.ts')], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status: demo.status, out: demo.stdout, err: demo.stderr };
}
