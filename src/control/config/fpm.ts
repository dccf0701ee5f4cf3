// The section `fpm`: where zebra connects to, and which tables of its kernel are which VRFs.
import { formatAddress, parseAddress } from '../../wire/address.ts';
import type { FpmModel } from '../model.ts';
import { type Findings, formatPlace } from './problems.ts';
import type { Drafts } from './structure.ts';

const listenDefault = '127.0.0.1:2620';
const sweepSecondsDefault = 60;
const holdSecondsDefault = 300;
const portMax = 65535;
/** RT_TABLE_DEFAULT, RT_TABLE_MAIN, RT_TABLE_LOCAL. */
const kernelTables: Readonly<Record<number, string>> = { 253: 'default', 254: 'main', 255: 'local' };

/** Of two VRFs with one table it could not be told which is meant. */
function checkTables({ vrfs }: Drafts, findings: Findings): void {
  const seen = new Map<number, string>();
  for (const { place, value } of vrfs) {
    const { table } = value;
    if (table === undefined) continue;
    const at = [...place, 'table'];
    const earlier = seen.get(table);
    const own = kernelTables[table];
    if (own !== undefined) findings.report(at, `table ${table} is the kernel's own '${own}', that of no VRF`);
    else if (earlier !== undefined) findings.report(at, `table ${table} is already given at ${earlier}`);
    else seen.set(table, formatPlace(at));
  }
}

/** Several namespaces, and nobody says in which of them zebra runs. */
function checkNamespace(drafts: Drafts, findings: Findings): void {
  const names = new Set(drafts.interfaces.flatMap(({ value }) => value.controlPort?.netns ?? []));
  if (names.size < 2) return;
  const all = [...names].join(', ');
  findings.report(
    ['fpm'],
    `control ports are in several network namespaces (${all}): 'netns' is to say where zebra runs`,
  );
}

/** undefined: there is no such section, or nothing can be said of it. */
export function readFpm(drafts: Drafts, findings: Findings): FpmModel | undefined {
  const { fpm } = drafts;
  if (fpm === undefined) return undefined;
  checkTables(drafts, findings);
  const { listen = listenDefault, netns, sweepSeconds = sweepSecondsDefault } = fpm.value;
  const { holdSeconds = Math.max(holdSecondsDefault, sweepSeconds) } = fpm.value;
  if (netns === undefined && !findings.isIncomplete(['fpm'])) checkNamespace(drafts, findings);
  const colon = listen.lastIndexOf(':');
  const text = listen.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(listen.slice(colon + 1));
  const address = parseAddress(text);
  if (address === undefined) findings.report(['fpm', 'listen'], `${text} is no address`);
  if (port < 1 || port > portMax) {
    findings.report(['fpm', 'listen'], `expected a port from 1 to ${portMax}, got ${port}`);
  }
  if (sweepSeconds > holdSeconds) {
    findings.report(['fpm', 'holdSeconds'], `${holdSeconds} is less than 'sweepSeconds', which is ${sweepSeconds}`);
  }
  return { host: address === undefined ? text : formatAddress(address), port, netns, sweepSeconds, holdSeconds };
}
