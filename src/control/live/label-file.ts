// The label manager's state as a file: read at the start, written whole each time, so that a crash at any moment leaves the
// old file or the new one. The only part of this folder that needs Node.
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ShimlineError } from '../../errors.ts';
import { labelMax, labelMin } from '../config/schema.ts';
import type { LabelState } from './label-manager.ts';

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isBinding(value: unknown): boolean {
  if (!isRecord(value) || typeof value.key !== 'string' || !Number.isInteger(value.label)) return false;
  return (value.label as number) >= labelMin && (value.label as number) <= labelMax;
}

/** The state that a text holds; undefined: it holds none. */
function parseState(text: string): LabelState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value.version !== 1) return undefined;
  const { bound, resting } = value;
  if (!Array.isArray(bound) || !bound.every(isBinding)) return undefined;
  if (!Array.isArray(resting) || !resting.every((each) => isBinding(each) && Number.isFinite(each.until))) {
    return undefined;
  }
  return value as unknown as LabelState;
}

/** undefined: there is no such file yet; `damaged`: it holds no state. Throws ShimlineError IO for one that cannot be read. */
export async function readLabelFile(path: string): Promise<LabelState | 'damaged' | undefined> {
  try {
    if (!(await stat(path)).isFile()) throw new ShimlineError('IO', `${path}: no regular file`);
    return parseState(await readFile(path, 'utf8')) ?? 'damaged';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error instanceof ShimlineError ? error : new ShimlineError('IO', `${path}: ${reasonOf(error)}`);
  }
}

/** Moves a damaged file out of the way; answers where it is now. Throws ShimlineError IO. */
export async function setAside(path: string): Promise<string> {
  const aside = `${path}.damaged`;
  try {
    await rename(path, aside);
    return aside;
  } catch (error) {
    throw new ShimlineError('IO', `${path}: ${reasonOf(error)}`);
  }
}

/** Beside the file first, then in its place, each step on the disk before the next. Throws ShimlineError IO. */
export async function writeLabelFile(path: string, state: LabelState): Promise<void> {
  const beside = `${path}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeThrough(beside, `${JSON.stringify(state)}\n`);
    await rename(beside, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw new ShimlineError('IO', `${path}: ${reasonOf(error)}`);
  }
}

async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** So that the new name is on the disk too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
