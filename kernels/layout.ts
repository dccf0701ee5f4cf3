// The numbers that kernels share with the rest of the house, taken from the modules that define them and written as an
// AssemblyScript module. Sizes and places are in bytes: a kernel reads by address.
import {
  Carried,
  FastArray,
  lookupsMax,
  Mark,
  S_BIT,
  TC_BITS,
  TC_S_BITS,
  TTL_TWO,
  TYPE_CONTROL,
  TYPE_IPV4,
  TYPE_IPV6,
  TYPE_MPLS,
  TYPE_SERVICE,
  TYPE_VLAN,
} from '../src/engine/fast/state.ts';
import { Read } from '../src/io/shared-room.ts';
import { Action } from '../src/tables/actions.ts';
import { Adjacency, adjacencyWords } from '../src/tables/adjacencies.ts';
import {
  BridgeFlag,
  bridgeWords,
  CircuitKind,
  circuitWords,
  Pseudowire,
  pseudowireWords,
  Service,
} from '../src/tables/circuits.ts';
import { acceptWords, Interface, interfaceWords, mapWords, portWords } from '../src/tables/interfaces.ts';
import { Brief, labelEntryWords, Payload, PopMode } from '../src/tables/labels.ts';
import { fixedMac, macWords } from '../src/tables/macs.ts';
import { Flat, flatWords, groupWords, Leg, legWords, PushTc } from '../src/tables/paths.ts';
import { directorySettings, routeWords, tableArrays } from '../src/tables/tables.ts';
import { denseNode, nodeBit, nodeHeaderWords, smallNode, wideNode } from '../src/tables/trie-words.ts';
import {
  arenaAt,
  batchFrames,
  frameBytesMax,
  headroomBytes,
  SlotArray,
  slotArrayBytes,
  slotArrays,
} from '../src/wire/batch.ts';

const wordBytes = 4;

/** `labelMap` → `LABEL_MAP`. */
const upper = (name: string): string => name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

function prefixed(prefix: string, values: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(values).map(([name, value]) => [`${prefix}_${upper(name)}`, value]);
}

/** Places of words in a record, as in the drawings of src/tables/. */
function record(prefix: string, words: number, places: Readonly<Record<string, number>>): [string, number][] {
  const bytes = Object.fromEntries(Object.entries(places).map(([name, word]) => [name, word * wordBytes]));
  return [[`${prefix}_BYTES`, words * wordBytes], ...prefixed(prefix, bytes)];
}

function slotPlaces(): [string, number][] {
  const { scratch: _, ...own } = SlotArray;
  const numbers = { ...own, ...FastArray, stack: slotArrays - 1 };
  return Object.entries(numbers).map(([name, number]) => [`SLOT_${upper(name)}`, number * slotArrayBytes]);
}

function directoryPlaces(): [string, number][] {
  return [...tableArrays, ...directorySettings].map((name, i) => [`DIRECTORY_${upper(name)}`, i * wordBytes]);
}

const constants: readonly [string, number][] = [
  ['ARENA_AT', arenaAt],
  ['BATCH_FRAMES', batchFrames],
  ['HEADROOM_BYTES', headroomBytes],
  ['FRAME_BYTES_MAX', frameBytesMax],
  ...prefixed('READ', Read),
  ...slotPlaces(),
  ...directoryPlaces(),
  ['TYPE_IPV4', TYPE_IPV4],
  ['TYPE_IPV6', TYPE_IPV6],
  ['TYPE_MPLS', TYPE_MPLS],
  ['TYPE_VLAN', TYPE_VLAN],
  ['TYPE_SERVICE', TYPE_SERVICE],
  ['TYPE_CONTROL', TYPE_CONTROL],
  ['S_BIT', S_BIT],
  ['TC_BITS', TC_BITS],
  ['TC_S_BITS', TC_S_BITS],
  ['TTL_TWO', TTL_TWO],
  ['LOOKUPS_MAX', lookupsMax],
  ['CARRIED_UNTOUCHED', Carried.untouched],
  ['CARRIED_LOOKS', Carried.looks],
  ...prefixed('MARK', Mark),
  ...prefixed('ACTION', Action),
  ...record('PORT', portWords, { untagged: 0, vlans: 2, outer: 3 }),
  ...record('INTERFACE', interfaceWords, { flags: 0, port: 1, table: 2, mtu: 3, tags: 8, accept: 9 }),
  ...prefixed('INTERFACE', { mac0: 48, mac4: 52, second: 56, third: 60 }),
  ['INTERFACE_MPLS', Interface.mpls],
  ['INTERFACE_UP', Interface.up],
  ['INTERFACE_CIRCUIT', Interface.circuit],
  ['INTERFACE_SENDABLE', Interface.up | Interface.bridged],
  ['INTERFACE_URPF', Interface.urpfStrict | Interface.urpfLoose],
  ['MAP_BYTES', mapWords * wordBytes],
  ['ACCEPT_BYTES', acceptWords * wordBytes],
  ...record('ADJACENCY', adjacencyWords, { flags: 0, interface: 1, family: 4, address: 5, next: 9, mac0: 10 }),
  ['ADJACENCY_UP', Adjacency.up],
  ['ADJACENCY_USABLE', Adjacency.resolved | Adjacency.up],
  ...record('ROUTE', routeWords, { kind: 0, argument: 1, leg: 3 }),
  ...record('LABEL', labelEntryWords, { kind: 0, argument: 1, payload: 2, ttl: 3, tc: 4 }),
  ...prefixed('BRIEF', Brief),
  ...prefixed('PAYLOAD', Payload),
  ['POP_UNIFORM', PopMode.uniform],
  ...record('GROUP', groupWords, { first: 0, legs: 1 }),
  ...record('LEG', legWords, { kind: 0, argument: 1, weight: 2, flags: 3, firstPush: 4, pushes: 5, pushTtl: 6 }),
  ...prefixed('LEG', { pushTc: 28, popTtl: 32, popTc: 36, payload: 40, swapWire: 52 }),
  ...prefixed('LEG', Leg),
  ...prefixed('PUSH_TC', PushTc),
  ...record('FLAT', flatWords, { flags: 0, adjacency: 1, entries: 2, swap: 6 }),
  ...prefixed('FLAT', { labels: Flat.labels, fixed: Flat.fixed, php: Flat.php }),
  ...record('CIRCUIT', circuitWords, { kind: 0, argument: 1, service: 2, other: 3, group: 4 }),
  ...prefixed('CIRCUIT_KIND', CircuitKind),
  ...prefixed('SERVICE', Service),
  ...record('PSEUDOWIRE', pseudowireWords, { flags: 0, circuit: 1, group: 2, mtu: 4, label: 8, flat: 9 }),
  ['PSEUDOWIRE_SLOW', Pseudowire.tagged | Pseudowire.sequencing],
  ['PSEUDOWIRE_CONTROL_WORD', Pseudowire.controlWord],
  ['PSEUDOWIRE_FLOW_LABEL', Pseudowire.flowLabel],
  ...record('BRIDGE', bridgeWords, { ageing: 2, flags: 4 }),
  ['BRIDGE_QUALIFIED', BridgeFlag.qualified],
  ...record('MAC', macWords, { high: 0, low: 1, circuit: 2, seconds: 3, nanoseconds: 4, next: 5, vlan: 7 }),
  ['MAC_FIXED', fixedMac],
  ['NODE_BIT', nodeBit],
  ['SMALL_NODE', smallNode],
  ['DENSE_NODE', denseNode],
  ['WIDE_NODE', wideNode],
  ['NODE_HEADER_WORDS', nodeHeaderWords],
];

/** The module that kernels import. */
export function layoutModule(): string {
  const lines = constants.map(([name, value]) => `export const ${name}: u32 = ${value};`);
  return [
    '// Made by `npm run kernels` from the modules of src/ that define these numbers. Bytes, unless it is a value.',
    ...lines,
    '',
  ].join('\n');
}
