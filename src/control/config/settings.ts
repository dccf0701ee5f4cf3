// The `router` section, `snmp` and the VRFs: settings without references to other places.

import type { IpAddress } from '../../wire/address.ts';
import type { RouterModel, SnmpModel, VrfModel } from '../model.ts';
import type { Findings, Place } from './problems.ts';
import { formatPlace } from './problems.ts';
import { labelMax, labelMin, puntLimitDefaults, type RouterConfig, type SnmpConfig, type VrfConfig } from './schema.ts';
import type { Draft } from './structure.ts';
import { checkRouteTarget, readHostOf } from './values.ts';
import { readVpnPolicy } from './vpn-policy.ts';

const defaultName = 'router';
const defaultIcmp = 100;
const portMax = 65535;

/** The keys of RouterModel that come from the `router` section. */
export type RouterSettings = Omit<
  RouterModel,
  | 'interfaces'
  | 'vrfs'
  | 'neighbors'
  | 'routes'
  | 'labels'
  | 'pseudowires'
  | 'xconnects'
  | 'bridges'
  | 'snmp'
  | 'fpm'
  | 'gobgp'
>;

/** FNV-1a over the UTF-16 units of a text. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function readRange(text: string, place: Place, findings: Findings): { first: number; last: number } {
  const [first, last] = text.split('-').map(Number) as [number, number];
  if (first < labelMin || last > labelMax) {
    findings.report(place, `label out of range: expected labels from ${labelMin} to ${labelMax}, got ${text}`);
  } else if (first > last) findings.report(place, `the range ${text} is empty: its first label is above its last`);
  return { first, last };
}

function readId(family: 4 | 6, text: string | undefined, place: Place, findings: Findings): IpAddress | undefined {
  return text === undefined ? undefined : readHostOf(family, text, place, findings);
}

export function readSettings(draft: Draft<Partial<RouterConfig>> | undefined, findings: Findings): RouterSettings {
  const config = draft?.value ?? {};
  const name = config.name ?? defaultName;
  const dynamic = config.labels?.dynamic;
  return {
    name,
    id: readId(4, config.id, ['router', 'id'], findings),
    id6: readId(6, config.id6, ['router', 'id6'], findings),
    ttl: config.ttl ?? 'uniform',
    tc: config.tc ?? 'uniform',
    dynamicLabels:
      dynamic === undefined
        ? { first: labelMin, last: labelMax }
        : readRange(dynamic, ['router', 'labels', 'dynamic'], findings),
    icmp: { rate: config.icmp?.rate ?? defaultIcmp, burst: config.icmp?.burst ?? defaultIcmp },
    punt: config.punt ?? false,
    puntLimits: { ...puntLimitDefaults, ...config.puntLimits },
    accounting: config.accounting ?? false,
    entropyAtEgress: config.entropyAtEgress ?? false,
    hashSeed: config.hashSeed ?? hashText(`${name}/${config.id ?? ''}`),
    hashPayload: config.hashPayload ?? true,
  };
}

export function readVrf({ name, place, value }: Draft<Partial<VrfConfig>>, findings: Findings): VrfModel {
  const { rd } = value;
  if (rd !== undefined) checkRouteTarget(rd, [...place, 'rd'], findings);
  return {
    path: formatPlace(place),
    name,
    rd,
    ...readVpnPolicy({ name, place, value }, findings),
    label: value.label,
    labelMode: value.labelMode ?? 'per-vrf',
    kernelTable: value.table,
  };
}

/** Nothing can be said of a section whose mistakes have been reported. */
export function readSnmp(draft: Draft<Partial<SnmpConfig>> | undefined, findings: Findings): SnmpModel | undefined {
  const text = draft?.value.agentx;
  if (draft === undefined || text === undefined) return undefined;
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (port < 1 || port > portMax) {
    findings.report([...draft.place, 'agentx'], `expected a port from 1 to ${portMax}, got ${port}`);
  }
  return { host: text.slice('tcp:'.length, colon).replace(/^\[|\]$/g, ''), port };
}
