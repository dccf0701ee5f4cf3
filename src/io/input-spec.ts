// What a user writes for an input: `ce1.pcap`, `trace.pcapng#2` (one interface of it), `-` (standard input).
import { existsSync } from 'node:fs';

export const standardInput = '-';

export interface InputSpec {
  /** As written; names the input in messages. */
  readonly name: string;
  readonly path: string;
  /** Only this interface of a pcapng file, counted over the whole file from 0. */
  readonly onlyInterface: number | undefined;
}

/** Splits `FILE#N`, unless a file of exactly that name exists. */
export function parseInputSpec(spec: string): InputSpec {
  const match = /^(.+)#(\d+)$/.exec(spec);
  const whole = match === null || existsSync(spec);
  const path = whole ? spec : match[1];
  const name = path === standardInput ? 'standard input' : spec;
  return { name, path, onlyInterface: whole ? undefined : Number(match[2]) };
}
