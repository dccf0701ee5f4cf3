// From a configuration file to a router that can take frames.
import { loadConfig } from '../control/config/load.ts';
import { type CompiledRouter, compileRouter } from '../control/router.ts';
import { replayBytes } from '../workers/run-replay.ts';
import { assertReplayable } from './replayable.ts';
import type { CliIo } from './terminal.ts';

/** Loads, validates and compiles for frames from files; warnings go to standard error. */
export async function openReplayRouter(configPath: string, workers: number, io: CliIo): Promise<CompiledRouter> {
  const model = await loadConfig(configPath);
  assertReplayable(model, configPath);
  const router = compileRouter(model, { reserveBytes: (ports) => replayBytes(workers, ports) });
  for (const warning of router.warnings) io.err.write(`${configPath}: warning: ${warning}\n`);
  return router;
}
