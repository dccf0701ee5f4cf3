// From a configuration file to a router that can take frames.
import { loadConfig } from '../control/config/load.ts';
import { type CompiledRouter, compileRouter } from '../control/router.ts';
import { captureRoomBytes } from '../io/sink-table.ts';
import { replayBytes } from '../workers/run-replay.ts';
import type { CliIo } from './terminal.ts';

/** How much is to work at once. */
export interface ReplaySize {
  readonly inputs: number;
  readonly workers: number;
}

/** Loads, validates and compiles for frames from files; warnings go to standard error. */
export async function openReplayRouter(configPath: string, size: ReplaySize, io: CliIo): Promise<CompiledRouter> {
  const model = await loadConfig(configPath);
  const router = compileRouter(model, {
    forwarders: 1,
    reserveBytes: (ports) => captureRoomBytes(size.inputs, ports) + replayBytes(size.workers, ports),
  });
  for (const warning of router.warnings) io.err.write(`${configPath}: warning: ${warning}\n`);
  return router;
}
