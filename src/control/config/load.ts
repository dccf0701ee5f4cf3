// Reads a configuration file from disk. The only part of this folder, besides the schema writer, that needs Node.
import { readFile } from 'node:fs/promises';
import { ShimlineError } from '../../errors.ts';
import type { RouterModel } from '../model.ts';
import { parseConfig } from './parse.ts';
import type { ConfigOptions } from './validate.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new ShimlineError('IO', `${path}: ${reasons[code] ?? message}`);
  }
}

export async function loadConfig(path: string, options: ConfigOptions = {}): Promise<RouterModel> {
  const bytes = await readBytes(path);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ShimlineError('CONFIG', `${path}: not UTF-8 text`);
  }
  return parseConfig(text, path, options);
}
