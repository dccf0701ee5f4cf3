// The label manager's state as a file: read at the start, written whole each time, so that a crash at any moment leaves the
// old file or the new one. The only part of this folder that needs Node.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
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

/** undefined: there is no such file yet. Throws ShimlineError IO for one that cannot be read or is damaged. */
export function readLabelFile(path: string): LabelState | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ShimlineError('IO', `${path}: ${reasonOf(error)}`);
  }
  const state = parseState(text);
  if (state !== undefined) return state;
  throw new ShimlineError('IO', `${path}: no label state file; remove it to give labels anew`);
}

/** Beside the file first, then in its place, each step on the disk before the next. Throws ShimlineError IO. */
export function writeLabelFile(path: string, state: LabelState): void {
  const beside = `${path}.new`;
  try {
    writeThrough(beside, `${JSON.stringify(state)}\n`);
    renameSync(beside, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(beside, { force: true });
    throw new ShimlineError('IO', `${path}: ${reasonOf(error)}`);
  }
}

function writeThrough(path: string, text: string): void {
  const file = openSync(path, 'w', 0o600);
  try {
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** So that the new name is on the disk too. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
