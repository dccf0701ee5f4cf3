// Commands that change a running router: a whole configuration, or one route, label or neighbour.
import { readFile } from 'node:fs/promises';
import { loadConfig } from '../../control/config/load.ts';
import { configOf } from '../../control/live/to-config.ts';
import { yamlBytesMax } from '../../daemon/api/endpoint.ts';
import { usageError } from '../errors.ts';
import type { CliIo } from '../terminal.ts';
import { ApiClient, type ClientOptions, queryOf } from './api-client.ts';
import { readLabelWords, readRouteWords } from './words.ts';

export interface ChangeOptions extends ClientOptions {
  readonly source?: string;
  readonly ifVersion?: number;
}

export type Operation = 'add' | 'replace' | 'del';

function report(version: unknown, { json }: ClientOptions, io: CliIo): number {
  io.out.write(json ? `${JSON.stringify({ version })}\n` : `version ${version}\n`);
  return 0;
}

/** A file that the API's parser would take too long for is read here and goes as JSON. */
async function configBody(file: string): Promise<{ body: string; type: string }> {
  const body = await readFile(file, 'utf8').catch(() => undefined);
  if (body !== undefined && Buffer.byteLength(body) <= yamlBytesMax) return { body, type: 'application/yaml' };
  const model = await loadConfig(file, { live: true, devicesDue: true });
  return { body: JSON.stringify(configOf(model)), type: 'application/json' };
}

export async function applyCommand(file: string, options: ChangeOptions, io: CliIo): Promise<number> {
  const client = await ApiClient.open(options);
  const asked = { method: 'PUT', ...(await configBody(file)) } as const;
  const { version } = await client.json(`/config${queryOf({ version: options.ifVersion })}`, asked, file);
  return report(version, options, io);
}

async function transact(
  change: object,
  { source, ifVersion: version, ...options }: ChangeOptions,
  io: CliIo,
): Promise<number> {
  const client = await ApiClient.open(options);
  const body = JSON.stringify({ source, version, changes: [change] });
  const answer = await client.json('/transactions', { method: 'POST', body });
  return report(answer.version, options, io);
}

const opOf = (operation: Operation) => (operation === 'del' ? 'delete' : operation);

/** Words that lead somewhere say nothing of what is to go. */
function assertKeyOnly(words: readonly string[], what: string): void {
  if (words.length > 0) throw usageError(`${what} del takes the key alone: '${words[0]}' is too much`);
}

export function routeCommand(
  operation: Operation,
  [prefix = '', ...words]: readonly string[],
  options: ChangeOptions,
  io: CliIo,
): Promise<number> {
  if (operation !== 'del') return transact({ op: opOf(operation), route: readRouteWords(prefix, words) }, options, io);
  const { vrf, ...rest } = readRouteWords(prefix, words.slice(0, 2)) as { vrf?: string };
  assertKeyOnly([...Object.keys(rest).filter((key) => key !== 'prefix'), ...words.slice(2)], 'route');
  return transact({ op: 'delete', route: { vrf, prefix } }, options, io);
}

export function labelCommand(
  operation: Operation,
  [label = '', ...words]: readonly string[],
  options: ChangeOptions,
  io: CliIo,
): Promise<number> {
  if (operation === 'del') assertKeyOnly(words, 'label');
  return transact({ op: opOf(operation), label: readLabelWords(label, words) }, options, io);
}

export function neighborCommand(
  operation: Operation,
  [on, address, mac, ...rest]: readonly string[],
  options: ChangeOptions,
  io: CliIo,
): Promise<number> {
  if (rest.length > 0) throw usageError(`'${rest[0]}' is too much: INTERFACE ADDRESS MAC are due`);
  if (operation === 'del' && mac !== undefined) assertKeyOnly([mac], 'neighbor');
  return transact({ op: opOf(operation), neighbor: { interface: on, address, mac } }, options, io);
}
