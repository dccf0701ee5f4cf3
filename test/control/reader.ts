// A reader in a thread of its own, as forwarding threads read: a batch of look-ups first, then what they led to, all of it
// between two passes. It judges every answer by the labels.
import { parentPort, workerData } from 'node:worker_threads';
import { Action } from '../../src/tables/actions.ts';
import { Brief, labelEntryWords, labelKey } from '../../src/tables/labels.ts';
import { flatWords, groupWords, legWords } from '../../src/tables/paths.ts';
import { routeWords, type SharedTables, Tables } from '../../src/tables/tables.ts';
import {
  incomingFirst,
  labelCount,
  prefixCount,
  prefixWord,
  swapLabel,
  Tally,
  transportCount,
  transportFirst,
  versions,
  vpnLabel,
} from './reader-world.ts';

const { tally, first } = workerData as { readonly tally: Uint32Array; readonly first: SharedTables };
const batchSize = 128;
let tables = Tables.open(first);
let state = 12_345;

function below(count: number): number {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % count;
}

/** A label from its stack entry as a little-endian machine reads it. */
function labelOf(entry: number): number {
  return ((entry & 0xff) << 12) | ((entry & 0xff00) >>> 4) | ((entry >>> 20) & 15);
}

function wrong(kind: number, what: number, label: number): void {
  if (Atomics.add(tally, Tally.wrong, 1) > 0) return;
  tally[Tally.detail] = kind;
  tally[Tally.detail + 1] = what;
  tally[Tally.detail + 2] = label;
}

const isOf = (label: number, firstLabel: number, count: number): boolean =>
  label >= firstLabel && label < firstLabel + count;

/** A leg must push a label from `own`, and what it leads to a transport label. */
function judgeLeg(leg: number, kind: number, what: number, own: number): void {
  const { groups, legs, pushes } = tables.paths;
  const at = leg * legWords;
  const label = kind === 2 ? legs[at + 12] : pushes[legs[at + 4]];
  if (!isOf(label, own, versions)) return wrong(kind, what, label);
  if (legs[at] !== Action.group) return wrong(kind + 10, what, legs[at]);
  const next = groups[legs[at + 1] * groupWords] * legWords;
  if (!isOf(pushes[legs[next + 4]], transportFirst, transportCount)) wrong(kind + 20, what, pushes[legs[next + 4]]);
}

function judgeFlat(leg: number, kind: number, what: number, own: number): void {
  const { flat } = tables.paths;
  const at = leg * flatWords;
  const label = labelOf(kind === 2 ? flat[at + 6] : flat[at + 2]);
  const transport = labelOf(kind === 2 ? flat[at + 2] : flat[at + 3]);
  if (!isOf(label, own, versions)) return wrong(kind + 30, what, label);
  if (!isOf(transport, transportFirst, transportCount)) wrong(kind + 40, what, transport);
}

const vrfs = new Uint8Array(batchSize);
const prefixes = new Uint16Array(batchSize);
const routes = new Uint32Array(batchSize);
const labels = new Uint16Array(batchSize);
const briefs = new Uint32Array(batchSize);
const entries = new Uint32Array(batchSize);
const key = new Uint32Array(1);

function lookUp(): void {
  for (let i = 0; i < batchSize; i++) {
    vrfs[i] = below(2);
    prefixes[i] = below(prefixCount);
    key[0] = prefixWord(prefixes[i]) + 7;
    routes[i] = tables.trie4.lookup(vrfs[i] + 1, key);
    labels[i] = below(labelCount);
    const at = labelKey(incomingFirst + labels[i]);
    briefs[i] = tables.labels.briefs[at];
    entries[i] = tables.labels.map[at];
  }
}

function judge(i: number): void {
  const { groups } = tables.paths;
  const own = vpnLabel(vrfs[i], prefixes[i], 0);
  const at = routes[i] * routeWords;
  // Read once, as the engines do: a record that is let lead elsewhere has no flat leg for a moment.
  const leg = tables.routes[at + 3];
  if (routes[i] === 0) Atomics.add(tally, Tally.none, 1);
  else if (leg !== 0) judgeFlat(leg, 1, prefixes[i], own);
  else if (tables.routes[at] === Action.group)
    judgeLeg(groups[tables.routes[at + 1] * groupWords], 1, prefixes[i], own);
  else if (tables.routes[at] !== Action.drop) wrong(50, prefixes[i], tables.routes[at]);
  const swap = swapLabel(labels[i], 0);
  if (briefs[i] !== 0 && briefs[i] < Brief.toTable) judgeFlat(briefs[i], 2, labels[i], swap);
  if (entries[i] === 0) return;
  const entry = tables.labels.entries.subarray(entries[i] * labelEntryWords, (entries[i] + 1) * labelEntryWords);
  if (entry[5] !== incomingFirst + labels[i]) wrong(60, labels[i], entry[5]);
  else judgeLeg(groups[entry[1] * groupWords], 2, labels[i], swap);
}

parentPort?.on('message', (shared: SharedTables) => {
  tables.generations.offline(0);
  tables = Tables.open(shared);
  tables.generations.online(0);
});

tables.generations.online(0);
Atomics.store(tally, Tally.ready, 1);

function turn(): void {
  for (let batch = 0; batch < 40; batch++) {
    lookUp();
    for (let i = 0; i < batchSize; i++) judge(i);
    Atomics.add(tally, Tally.seen, batchSize);
    tables.generations.pass(0);
  }
  if (Atomics.load(tally, Tally.stop) === 0) setImmediate(turn);
  else {
    tables.generations.offline(0);
    parentPort?.postMessage('done');
    parentPort?.close();
  }
}
turn();
