// What this machine has for live tests: rights, and programs that some tests want. Tests that lack something are
// reported as skipped, with what is missing in their title.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether the program is on the path, or where only root looks for it. */
export function hasTool(name: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, name)));
}

function missingForNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (!hasTool('ip')) return 'iproute2 is not installed';
  const name = `shim-rights-${process.pid}-a`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'no right to make network namespaces';
  const veth = spawnSync('ip', ['-n', name, 'link', 'add', 'name', 'one', 'type', 'veth']);
  spawnSync('ip', ['netns', 'delete', name]);
  return veth.status === 0 ? undefined : 'no veth interfaces';
}

const missing = missingForNamespaces();

/** Whether namespaces and cables between them can be made here. */
export const canUseNamespaces = missing === undefined;

/** Whether tests that need the programs can run, and the title that tells it. */
export function wanting(
  title: string,
  ...tools: readonly string[]
): { readonly title: string; readonly ready: boolean } {
  const absent = tools.filter((tool) => !hasTool(tool));
  const reason = missing ?? (absent.length > 0 ? `${absent.join(', ')} not installed` : undefined);
  return { title: reason === undefined ? title : `${title} (${reason}: skipped)`, ready: reason === undefined };
}
