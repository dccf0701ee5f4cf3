// The directory of a run's output: made if needed, and freed of what an earlier run left under the same names.
import { lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ShimlineError } from '../errors.ts';
import { parseInputSpec } from './input-spec.ts';
import { ioError, joinErrors, systemCode } from './io-error.ts';

export const captureFormats = ['pcap', 'pcapng'] as const;
export type CaptureFormat = (typeof captureFormats)[number];

/** Files beside those of the ports. */
export const reservedOutputNames = ['drop', 'punt'] as const;

/** Makes a directory and those above it. Node's own `recursive` never returns below /proc. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return;
    const parent = dirname(path);
    if (systemCode(error) !== 'ENOENT' || parent === path) throw error;
    makeDirectory(parent);
    mkdirSync(path);
  }
}

/**
 * Makes the directory and removes PORT.pcap, PORT.pcapng, drop.* and punt.* of these two formats. `inputs` are what is
 * about to be read: a file among them is never removed, that is a USAGE error. Otherwise throws IO.
 */
export function outputDirectory(path: string, ports: readonly string[], inputs: readonly string[] = []): void {
  try {
    makeDirectory(path);
    if (!statSync(path).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
  } catch (error) {
    if (systemCode(error) === 'EEXIST' || systemCode(error) === 'ENOTDIR') {
      throw new ShimlineError('IO', `${path}: is not a directory`);
    }
    if (systemCode(error) === 'ENOENT') throw new ShimlineError('IO', `${path}: cannot be made there`);
    throw ioError(path, error);
  }
  const inUse = new Set(inputs.map((spec) => identity(parseInputSpec(spec).path)));
  inUse.delete(undefined);
  const errors: ShimlineError[] = [];
  const left: string[] = [];
  for (const name of [...ports, ...reservedOutputNames]) {
    for (const format of captureFormats) {
      const file = join(path, `${name}.${format}`);
      if (inUse.has(identity(file))) {
        errors.push(new ShimlineError('USAGE', `${file}: is an input of this run, the output cannot go there`));
      } else left.push(file);
    }
  }
  if (errors.length === 0) {
    for (const file of left) {
      try {
        if (lstatSync(file, { throwIfNoEntry: false }) === undefined) continue;
        if (lstatSync(file).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
        unlinkSync(file);
      } catch (error) {
        errors.push(ioError(file, error));
      }
    }
  }
  if (errors.length > 0) throw joinErrors(errors);
}

/** What makes two paths the same file; undefined if there is none. */
function identity(path: string): string | undefined {
  try {
    const stat = statSync(path);
    return `${stat.dev}:${stat.ino}`;
  } catch {
    return undefined;
  }
}
