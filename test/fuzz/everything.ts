// The router that is fuzzed, and an output that reads what it is handed and keeps nothing.
import { readFileSync } from 'node:fs';
import { parseConfig } from '../../src/control/config/index.ts';
import { type CompiledRouter, compileRouter } from '../../src/control/router.ts';
import type { Output } from '../../src/engine/output.ts';

const configText = readFileSync(new URL('./everything.yaml', import.meta.url), 'utf8');

export function openRouter(): CompiledRouter {
  return compileRouter(parseConfig(configText, 'everything.yaml'));
}

function read(bytes: Uint8Array, start: number, captured: number): void {
  if (start + captured > bytes.length) throw new RangeError('a frame outside of its bytes');
}

export function readingOutput(): Output {
  return {
    transmit: (_port, bytes, start, captured) => read(bytes, start, captured),
    drop: (_reason, _port, bytes, start, captured) => read(bytes, start, captured),
    punt: (_reason, _port, bytes, start, captured) => read(bytes, start, captured),
  };
}
