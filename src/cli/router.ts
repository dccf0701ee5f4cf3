// From a configuration file to a router that can take frames.

import { portNames } from '../control/compile/write-interfaces.ts';
import { loadConfig } from '../control/config/load.ts';
import { type CompiledRouter, compileRouter } from '../control/router.ts';
import { captureRoomBytes } from '../io/sink-table.ts';
import { assertReplayable } from './replayable.ts';
import type { CliIo } from './terminal.ts';

/** Loads, validates and compiles for frames from files; warnings go to standard error. */
export async function openReplayRouter(configPath: string, inputs: number, io: CliIo): Promise<CompiledRouter> {
  const model = await loadConfig(configPath);
  assertReplayable(model, configPath);
  const router = compileRouter(model, {
    forwarders: 1,
    roomBytes: captureRoomBytes(inputs, portNames(model).length),
  });
  for (const warning of router.warnings) io.err.write(`${configPath}: warning: ${warning}\n`);
  return router;
}
