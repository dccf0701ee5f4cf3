// Options of the command line: from text to values, with an error that says what would have been right.
import { type Command, InvalidArgumentError } from 'commander';
import type { CaptureFormat } from '../io/output-directory.ts';
import { workersMax } from '../workers/limits.ts';
import { usageError } from './errors.ts';

/** Larger counts than this are a slip of the finger. */
const countMax = 2 ** 31 - 1;

export function positiveCount(text: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < 1 || value > countMax) {
    throw new InvalidArgumentError('A whole number from 1 up is due.');
  }
  return value;
}

/** Not necessarily a whole number. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!/^[0-9]*\.?[0-9]+$/.test(text) || !(value > 0) || value > countMax) {
    throw new InvalidArgumentError('A number above 0 is due.');
  }
  return value;
}

/** A number of threads. */
export function workerCount(text: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < 1 || value > workersMax) {
    throw new InvalidArgumentError(`A whole number from 1 to ${workersMax} is due.`);
  }
  return value;
}

export interface InputBinding {
  readonly name: string;
  readonly spec: string;
}

/** One `-i NAME=FILE`, added to those before it. */
export function inputBinding(text: string, previous: readonly InputBinding[] | undefined): readonly InputBinding[] {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1) {
    throw new InvalidArgumentError('NAME=FILE is due, as in ce1=ce1.pcap.');
  }
  return [...(previous ?? []), { name: text.slice(0, equals), spec: text.slice(equals + 1) }];
}

export interface OutputChoice {
  /** A directory, or `-` for standard output; undefined: nothing is written. */
  readonly place: string | undefined;
  readonly format: CaptureFormat;
  readonly drops: boolean;
  readonly punts: boolean;
  /** pcapng: each packet carries its explanation as a comment. */
  readonly comments: boolean;
}

export interface OutputOptions {
  readonly output?: string | false;
  readonly format?: CaptureFormat;
  readonly drops?: boolean;
  readonly punts?: boolean;
  readonly comments?: boolean;
}

/** Remembers which of two options were given: commander lets `--no-output` overwrite `-o` without a word. */
export function watchOutputOptions(command: Command): () => void {
  const seen = new Set<string>();
  command.on('option:output', () => seen.add('-o'));
  command.on('option:no-output', () => seen.add('--no-output'));
  return () => {
    if (seen.size === 2) throw usageError('-o and --no-output exclude each other');
  };
}

export function outputChoice(options: OutputOptions): OutputChoice {
  const { output, format, drops = false, punts = false, comments = true } = options;
  if (output === undefined || output === '') {
    throw usageError('say where the frames go: -o DIR, -o - for standard output, or --no-output for none');
  }
  if (output === false) {
    const kept = drops ? '--drops' : punts ? '--punts' : format ? '--format' : undefined;
    if (kept) throw usageError(`${kept} is about files, and --no-output writes none`);
    return { place: undefined, format: 'pcap', drops, punts, comments: false };
  }
  if (output === '-' && format === 'pcap') {
    throw usageError('-o - writes pcapng: one pcap file cannot hold several interfaces');
  }
  const written = output === '-' ? 'pcapng' : (format ?? 'pcap');
  return { place: output, format: written, drops, punts, comments: comments && written === 'pcapng' };
}
