// What a compiled router will do, in sections of plain rows: the text of `shimline check`.

import { Adjacency } from '../tables/adjacencies.ts';
import { formatAddress, formatPrefix, type IpAddress } from '../wire/address.ts';
import type { GroupPlan, LegPlan } from './compile/plan.ts';
import type { RibEntry } from './compile/rib.ts';
import { circuitSections } from './describe-circuits.ts';
import type { InterfaceModel, PathModel } from './model.ts';
import type { CompiledRouter, PlannedLabel } from './router.ts';
import { tableLinks } from './table-links.ts';

/** One table of the report. */
export interface Section {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function describeRouter(router: CompiledRouter): Section[] {
  return [
    interfaceSection(router),
    vrfSection(router),
    routeSection(router),
    pathSection(router),
    labelSection(router),
    ...circuitSections(router),
    unresolvedSection(router),
    prefixTableSection(router),
    memorySection(router),
    warningSection(router),
  ].filter((section) => section.rows.length > 0);
}

function macText(mac: readonly number[] | undefined): string {
  if (mac === undefined) return '';
  return mac.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function tagText(each: InterfaceModel): string {
  if (each.vlan === undefined) return '';
  return each.outer === undefined ? `${each.vlan}` : `${each.outer}.${each.vlan}`;
}

function interfaceSection({ model }: CompiledRouter): Section {
  return {
    title: 'Interfaces',
    columns: ['name', 'role', 'tags', 'table', 'mac', 'mtu', 'mpls', 'addresses'],
    rows: model.interfaces.map((each) => [
      each.name,
      each.role,
      tagText(each),
      each.role === 'routed' ? (each.vrf ?? 'global') : '',
      macText(each.mac),
      `${each.mtu}`,
      each.mpls ? 'on' : '',
      each.addresses.map(formatPrefix).join(' '),
    ]),
  };
}

function vrfSection({ model, bindings }: CompiledRouter): Section {
  return {
    title: 'VRFs',
    columns: ['name', 'rd', 'import', 'export', 'label', 'label mode'],
    rows: model.vrfs.map((vrf) => {
      const binding = bindings.find((each) => each.vrf === vrf.name && each.paths === undefined);
      return [
        vrf.name,
        vrf.rd ?? '',
        vrf.importTargets.join(' '),
        vrf.exportTargets.join(' '),
        `${binding?.label}${binding?.chosen ? ' (chosen)' : ''}`,
        vrf.labelMode,
      ];
    }),
  };
}

function groupText(group: GroupPlan): string {
  return group.legs.map((_, i) => `path ${group.firstLeg + i}`).join(', ');
}

function actionText(path: PathModel | undefined): string {
  if (path === undefined || path.kind === 'via') return '';
  return path.target === '' ? path.kind : `${path.kind} ${path.target}`;
}

function entryText({ model }: CompiledRouter, entry: RibEntry): string {
  const on = entry.interface === undefined ? '' : ` on ${model.interfaces[entry.interface]?.name}`;
  if (entry.source === 'own') return `own address${on}`;
  if (entry.source === 'broadcast') return `subnet broadcast${on}`;
  if (entry.source === 'connected') return `connected${on}`;
  if (entry.outcome.state === 'unusable') return 'unusable';
  const { group } = entry.outcome;
  return group === undefined ? actionText(entry.model?.paths[0]) : groupText(group);
}

function routeSection(router: CompiledRouter): Section {
  return {
    title: 'Routes',
    columns: ['table', 'prefix', 'leads to'],
    rows: [...router.rib.entries()].map((entry) => [
      router.rib.tableNames[entry.table] as string,
      formatPrefix(entry.prefix),
      entryText(router, entry),
    ]),
  };
}

function hopText(router: CompiledRouter, leg: LegPlan): string {
  const { target } = leg;
  if (target.kind === 'adjacency') {
    const plan = router.resolver.adjacencies[target.adjacency] as { interface: number; address: IpAddress };
    return `${formatAddress(plan.address)} on ${router.model.interfaces[plan.interface]?.name}`;
  }
  if (target.kind === 'group') return groupText(target.group);
  return target.kind === 'table' ? `table ${router.rib.tableNames[target.table]}` : target.kind;
}

function operationText(leg: LegPlan): string {
  const push = leg.pushes.length === 0 ? '' : `push ${leg.pushes.join(' ')}`;
  const swap = leg.operation === 'swap' ? `swap ${leg.swapLabel}` : '';
  const pop = leg.operation === 'php' ? 'penultimate hop pop' : leg.operation === 'ends' ? 'pop' : '';
  return [swap, pop, push, leg.entropy ? 'entropy label' : ''].filter((text) => text !== '').join(', ');
}

function pathSection(router: CompiledRouter): Section {
  return {
    title: 'Paths',
    columns: ['path', 'labels (lowest first)', 'next', 'weight'],
    rows: router.resolver.groups.all.flatMap((group) =>
      group.legs.map((leg, i) => [
        `${group.firstLeg + i}`,
        operationText(leg),
        hopText(router, leg),
        leg.backup ? `${leg.weight} backup` : `${leg.weight}`,
      ]),
    ),
  };
}

function labelText({ model, group, usable }: PlannedLabel): string {
  if (!usable) return 'unusable';
  return group === undefined ? actionText(model.paths[0]) : groupText(group);
}

function labelSection(router: CompiledRouter): Section {
  const rows = [...router.labels]
    .sort((a, b) => a.model.label - b.model.label)
    .map((label) => [
      `${label.model.label}`,
      labelText(label),
      label.binding === undefined ? 'configured' : `${label.binding.owner}${label.binding.chosen ? ' (chosen)' : ''}`,
    ]);
  return { title: 'Labels', columns: ['label', 'leads to', 'owner'], rows };
}

/** Next hops without a static neighbour: they wait for ARP or neighbour discovery. */
function unresolvedSection(router: CompiledRouter): Section {
  const { adjacencies } = router.tables;
  return {
    title: 'Next hops without a neighbour entry (ARP or ND will have to answer)',
    columns: ['address', 'interface'],
    rows: router.resolver.adjacencies
      .filter((_, index) => (adjacencies.flags(index) & Adjacency.resolved) === 0)
      .map((plan) => [formatAddress(plan.address), router.model.interfaces[plan.interface]?.name ?? '']),
  };
}

const kib = (bytes: number): string => `${Math.ceil(bytes / 1024)} KiB`;

/** What the prefixes of each table take: small tables are compressed, big ones spread out. */
function prefixTableSection({ rib, tables }: CompiledRouter): Section {
  return {
    title: 'Prefix tables',
    columns: ['table', 'IPv4 prefixes', 'IPv4 size', 'IPv6 prefixes', 'IPv6 size'],
    rows: rib.tableNames.map((name, table) => [
      name,
      String(rib.routesOf(table, 4).entries.length),
      kib(tables.trie4.tableBytes(table)),
      String(rib.routesOf(table, 6).entries.length),
      kib(tables.trie6.tableBytes(table)),
    ]),
  };
}

function memorySection({ tables }: CompiledRouter): Section {
  return {
    title: 'Memory',
    columns: ['table', 'size'],
    rows: [
      ['IPv4 prefixes', kib(tables.trie4.usedBytes)],
      ['IPv6 prefixes', kib(tables.trie6.usedBytes)],
      ['label map', kib(tables.labels.map.byteLength)],
      ['routes', kib(tables.routes.byteLength)],
      ['paths', kib(tables.paths.groups.byteLength + tables.paths.legs.byteLength + tables.paths.pushes.byteLength)],
      ['all tables', kib(tables.memory.used)],
    ],
  };
}

function warningSection(router: CompiledRouter): Section {
  return {
    title: 'Warnings',
    columns: ['warning'],
    rows: [...router.warnings, ...tableLinks(router)].map((text) => [text]),
  };
}
