// The project's own files, for the house-keeping tests: what git would commit, or without git what lies here.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

/** Folders that hold nothing of ours; the same as in .gitignore. */
const foreignFolders = ['.git', 'node_modules', 'dist', '.dist-test', 'out', 'coverage'];

function walk(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return foreignFolders.includes(entry.name) ? [] : walk(path);
    return entry.isFile() ? [path] : [];
  });
}

/** Paths from the root, sorted. */
export function projectFiles(): string[] {
  const git = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: projectRoot });
  const listed = git.status === 0 && existsSync(join(projectRoot, '.git')) ? String(git.stdout).split('\0') : walk('');
  return listed.filter((path) => path !== '' && existsSync(join(projectRoot, path))).sort();
}

export function readProjectFile(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

export const isTest = (path: string): boolean => path.endsWith('.test.ts');

/** Modules and their tests under src/. */
export const sourceFiles = (): string[] => projectFiles().filter((path) => /^src\/.*\.ts$/.test(path));
