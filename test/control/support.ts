// A small router whose control is under test: a core, a customer of each of two VRFs, two far PEs.
import { createHash } from 'node:crypto';
import { type RouterFileConfig, validateConfig } from '../../src/control/config/index.ts';
import { type ControlOptions, RouterControl, type TransactionResult } from '../../src/control/live/index.ts';
import type { RouterModel } from '../../src/control/model.ts';
import { parseAddress, parsePrefix } from '../../src/wire/address.ts';

export const smallConfig = {
  router: { name: 'pe1', id: '192.0.2.1', labels: { dynamic: '500-599' } },
  interfaces: {
    core: { mac: '02:00:00:00:00:01', mpls: true, addresses: ['10.0.0.1/24', '2001:db8::1/64'] },
    'ce-red': { mac: '02:00:00:00:00:02', vrf: 'red', addresses: ['10.1.1.1/24'] },
    'ce-blue': { mac: '02:00:00:00:00:03', vrf: 'blue', addresses: ['10.1.1.1/24'] },
  },
  vrfs: { red: { label: 24001 }, blue: { label: 24002 } },
  neighbors: [
    { interface: 'core', address: '10.0.0.2', mac: '02:00:00:00:01:02' },
    { interface: 'core', address: '10.0.0.3', mac: '02:00:00:00:01:03' },
  ],
  routes: [
    { prefix: '192.0.2.2/32', via: '10.0.0.2', labels: [16002] },
    { vrf: 'red', prefix: '10.2.0.0/16', via: '192.0.2.2', labels: [24201] },
  ],
  labels: [{ label: 16001, via: '10.0.0.2', labels: [16002] }],
} satisfies RouterFileConfig;

export function modelOf(config: unknown): RouterModel {
  const validated = validateConfig(config);
  if ('model' in validated) return validated.model;
  throw new Error(JSON.stringify(validated.problems));
}

export function smallControl(options: ControlOptions = {}, config: unknown = smallConfig): RouterControl {
  return new RouterControl(modelOf(config), options);
}

/** The steps of a look-up, in one text. */
export function explain(control: RouterControl, address: string, vrf?: string): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) throw new Error(address);
  return (
    control
      .explainRoute(vrf, parsed)
      ?.map((step) => step.trim())
      .join('; ') ?? 'no such VRF'
  );
}

/** What the entries of a prefix are: `api active`, `config waiting`. */
export function states(control: RouterControl, prefix: string, vrf = 'global'): string[] {
  const within = parsePrefix(prefix);
  if (within === undefined) throw new Error(prefix);
  return [...control.routes({ vrf, within })]
    .filter((each) => each.prefix.length === within.length)
    .map((each) => `${each.source} ${each.state}${each.isStale ? ' stale' : ''}${each.why ? `: ${each.why}` : ''}`);
}

export function errors(result: TransactionResult): string[] {
  return 'errors' in result ? result.errors.map(({ path, message }) => `${path}: ${message}`) : [];
}

/** A digest of every word that a reader may meet. */
export function wordsOf(control: RouterControl): string {
  const { buffer, used } = control.tables.memory;
  return createHash('sha1')
    .update(new Uint8Array(buffer, 0, used))
    .digest('hex');
}
