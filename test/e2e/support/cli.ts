// The command line under test: in this process with strings for streams, or as a process of its own.
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { runCli } from '../../../src/cli/run.ts';
import type { TextStream } from '../../../src/cli/terminal.ts';

export interface CliResult {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function stringStream(): TextStream & { text(): string } {
  let text = '';
  return {
    write(part) {
      text += part;
    },
    closed: false,
    isTerminal: false,
    columns: undefined,
    text: () => text,
  };
}

/** Runs the command line in this process. */
export async function cli(...argv: string[]): Promise<CliResult> {
  const out = stringStream();
  const err = stringStream();
  const status = await runCli(argv, {
    out,
    err,
    signal: new AbortController().signal,
    progressStream: undefined,
    debug: false,
    onReload: () => () => {},
  });
  return { status, out: out.text(), err: err.text() };
}

export const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));
export const mainArguments = ['--import', 'tsx', join(projectRoot, 'src/cli/main.ts')];

/** Runs the program as a process; standard output comes back as bytes. */
export function spawnCli(argv: readonly string[], options: SpawnSyncOptions = {}) {
  const result = spawnSync(process.execPath, [...mainArguments, ...argv], {
    cwd: projectRoot,
    timeout: 30_000,
    maxBuffer: 1 << 26,
    ...options,
  });
  return {
    status: result.status,
    signal: result.signal,
    out: Buffer.from(result.stdout ?? ''),
    err: String(result.stderr ?? ''),
  };
}

/** A directory that lives as long as the test file. */
export function scratch(): { path(...parts: string[]): string; file(name: string, text: string): string } {
  const root = mkdtempSync(join(tmpdir(), 'shimline-e2e-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const path = (...parts: string[]) => join(root, ...parts);
  return {
    path,
    file(name, text) {
      writeFileSync(path(name), text);
      return path(name);
    },
  };
}
