// MPLS-L3VPN-STD-MIB (RFC 4382) over a view of the router, read-only. Not here: mplsL3VpnVrfSecTable, since labels that are
// refused are not counted by VRF, and notifications. Objects about limits of routes say that there are none.
import { type Column, Mib, mibTable, ValueType } from './mib.ts';
import { textIndex } from './oid.ts';
import { RouteRows } from './route-rows.ts';
import { ListedRows, type Row } from './rows.ts';
import type { SnmpInterface, SnmpPath, SnmpView, SnmpVrf } from './view.ts';

/** mplsStdMIB 11. */
export const l3vpnRoot = [1, 3, 6, 1, 2, 1, 10, 166, 11];

// Textual conventions of RFC 2579.
const truth = { true: 1, false: 2 };
const rowActive = 1;
/** StorageType readOnly. */
const readOnly = 5;
const status = { up: 1, down: 2 };
const enterprise = 2;
/** BITS static(5) of mplsL3VpnIfVpnRouteDistProtocol. */
const staticBits = '\x04';
/** MplsIndexType of a route without an entry in mplsXCTable. */
const noCrossConnect = '\0';
/** MplsL3VpnRtType. */
const targetTypes = { import: 1, export: 2, both: 3 };
const metricUnused = -1;
const uint32Max = 0xffffffff;

const { integer, octets, counter32, gauge32, timeTicks } = ValueType;
const wrapped = (count: number) => count % (uint32Max + 1);
const capped = (count: number) => Math.min(count, uint32Max);

interface TargetRow {
  readonly target: string;
}

interface InterfaceRow {
  readonly vrf: string;
  readonly index: number;
}

/** sysUpTime at a moment of the clock (milliseconds since the epoch), hundredths of a second; 0 for what was before. */
export type TicksAt = (moment: number) => number;

function activeOf(vrf: SnmpVrf | undefined): number {
  return vrf?.interfaces.filter((each) => each.isUp).length ?? 0;
}

function scalarColumns(view: SnmpView): Column<SnmpView>[] {
  const vrfs = () => view.vrfNames().map((name) => view.vrf(name));
  const constant = (number: number, type: number, value: number) => ({ number, type, value: () => value });
  return [
    { number: 1, type: gauge32, value: () => view.vrfNames().length },
    { number: 2, type: gauge32, value: () => vrfs().filter((vrf) => activeOf(vrf) > 0).length },
    { number: 3, type: gauge32, value: () => vrfs().reduce((sum, vrf) => sum + (vrf?.interfaces.length ?? 0), 0) },
    constant(4, integer, truth.false),
    constant(5, gauge32, 0),
    constant(6, gauge32, 0),
    constant(7, gauge32, 0),
  ];
}

function interfaceColumns(): Column<InterfaceRow>[] {
  return [
    { number: 2, type: integer, value: () => enterprise },
    { number: 3, type: octets, value: () => staticBits },
    { number: 4, type: integer, value: () => readOnly },
    { number: 5, type: integer, value: () => rowActive },
  ];
}

function vrfColumns(view: SnmpView, ticksAt: TicksAt): Column<string>[] {
  const column = (number: number, type: number, value: (vrf: SnmpVrf) => string | number): Column<string> => ({
    number,
    type,
    value: (name) => {
      const vrf = view.vrf(name);
      return vrf && value(vrf);
    },
  });
  return [
    column(2, octets, () => ''),
    column(3, octets, () => ''),
    column(4, octets, (vrf) => vrf.rd ?? ''),
    column(5, timeTicks, (vrf) => ticksAt(vrf.createdAt)),
    column(6, integer, (vrf) => (activeOf(vrf) > 0 ? status.up : status.down)),
    column(7, gauge32, activeOf),
    column(8, gauge32, (vrf) => vrf.interfaces.length),
    column(9, gauge32, () => 0),
    column(10, gauge32, () => 0),
    column(11, gauge32, () => 0),
    column(12, timeTicks, (vrf) => ticksAt(vrf.changedAt)),
    column(13, integer, () => rowActive),
    column(14, integer, () => status.up),
    column(15, integer, () => readOnly),
  ];
}

function targetColumns(): Column<TargetRow>[] {
  return [
    { number: 4, type: octets, value: ({ target }) => target },
    { number: 5, type: octets, value: () => '' },
    { number: 6, type: integer, value: () => rowActive },
    { number: 7, type: integer, value: () => readOnly },
  ];
}

function countColumns(view: SnmpView, ticksAt: TicksAt): Column<string>[] {
  return [
    { number: 1, type: counter32, value: (name) => wrapped(view.counts(name).added) },
    { number: 2, type: counter32, value: (name) => wrapped(view.counts(name).deleted) },
    { number: 3, type: gauge32, value: (name) => capped(view.counts(name).present) },
    { number: 4, type: counter32, value: () => 0 },
    { number: 5, type: timeTicks, value: (name) => ticksAt(view.counts(name).since) },
  ];
}

function routeColumns(): Column<SnmpPath>[] {
  return [
    { number: 7, type: integer, value: (path) => path.interface },
    { number: 8, type: integer, value: (path) => path.type },
    { number: 9, type: integer, value: (path) => path.protocol },
    { number: 10, type: gauge32, value: (path) => capped(path.ageSeconds) },
    { number: 11, type: gauge32, value: () => 0 },
    ...[12, 13, 14, 15, 16].map((number) => ({ number, type: integer, value: () => metricUnused })),
    { number: 17, type: octets, value: () => noCrossConnect },
    { number: 18, type: integer, value: () => rowActive },
  ];
}

/** Route targets in the order of the file, imported ones first; one that is both is one row. */
function targetsOf(vrf: SnmpVrf): Row<TargetRow>[] {
  const targets = [...new Set([...vrf.importTargets, ...vrf.exportTargets])];
  return targets.map((target, i) => {
    const isImported = vrf.importTargets.includes(target);
    const isExported = vrf.exportTargets.includes(target);
    const type = isImported && isExported ? 'both' : isImported ? 'import' : 'export';
    return { index: [...textIndex(vrf.name), i + 1, targetTypes[type]], item: { target } };
  });
}

function interfacesOf(vrf: SnmpVrf): Row<InterfaceRow>[] {
  return vrf.interfaces.map(({ index }: SnmpInterface) => ({
    index: [...textIndex(vrf.name), index],
    item: { vrf: vrf.name, index },
  }));
}

export function l3vpnMib(view: SnmpView, ticksAt: TicksAt): Mib {
  const version = () => view.version;
  const listed = <Item>(rowsOf: (vrf: SnmpVrf) => Row<Item>[]) =>
    new ListedRows(version, () =>
      view.vrfNames().flatMap((name) => {
        const vrf = view.vrf(name);
        return vrf === undefined ? [] : rowsOf(vrf);
      }),
    );
  const byName = listed((vrf) => [{ index: textIndex(vrf.name), item: vrf.name }]);
  const one = new ListedRows(
    () => 0,
    () => [{ index: [0], item: view }],
  );
  const at = (...numbers: number[]) => [...l3vpnRoot, 1, ...numbers];
  return new Mib(l3vpnRoot, [
    mibTable(at(1), scalarColumns(view), one),
    mibTable(at(2, 1, 1), interfaceColumns(), listed(interfacesOf)),
    mibTable(at(2, 2, 1), vrfColumns(view, ticksAt), byName),
    mibTable(at(2, 3, 1), targetColumns(), listed(targetsOf)),
    mibTable(at(3, 1, 1), countColumns(view, ticksAt), byName),
    mibTable(at(4, 1, 1), routeColumns(), new RouteRows(view)),
  ]);
}
