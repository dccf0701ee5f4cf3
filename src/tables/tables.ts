// All that the forwarder knows, over one block of shared memory. Control sizes and writes it, the engine reads it;
// adjacencies are also written by the engine when it learns a neighbour.
//
//   route, words  0 action kind   1 its argument   2 prefix length   3 its leg, if it has one only and that
//                 is flat, else 0      (route 0 is "no route")
import { AdjacencyTable, adjacencyWords } from './adjacencies.ts';
import { acceptWords, addressWords, InterfaceTable, interfaceWords, mapWords, portWords } from './interfaces.ts';
import { LabelTable, labelCount, labelEntryWords } from './labels.ts';
import { bytesForWords, TableMemory } from './memory.ts';
import { flatWords, groupWords, legWords, PathTable } from './paths.ts';
import { RunTrie } from './run-trie.ts';

export const routeWords = 4;

/** How many of each the tables shall hold. Counts of records, except `trie4Words`, `trie6Words` and `pushes` (words). */
export interface TableSizes {
  readonly ports: number;
  readonly interfaces: number;
  readonly vlanMaps: number;
  readonly acceptLists: number;
  readonly addresses: number;
  readonly tables: number;
  readonly trie4Words: number;
  readonly trie6Words: number;
  readonly routes: number;
  readonly labelEntries: number;
  readonly groups: number;
  readonly legs: number;
  readonly pushes: number;
  readonly adjacencies: number;
}

/** What holds for the whole router. */
export interface RouterSettings {
  /** Source of ICMP errors about labelled frames (TTL-8). */
  readonly id: number | undefined;
  readonly id6: readonly number[] | undefined;
  /** `PopMode` of explicit null. */
  readonly popTtl: number;
  readonly popTc: number;
  /** ICMP errors a second, and at once, per interface of arrival. */
  readonly icmpRate: number;
  readonly icmpBurst: number;
  readonly puntOther: boolean;
  readonly entropyAtEgress: boolean;
  readonly hashSeed: number;
  readonly hashPayload: boolean;
}

function powerOfTwoFrom(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(count, 2)));
}

function wordCounts(sizes: TableSizes) {
  return {
    ports: sizes.ports * portWords,
    interfaces: sizes.interfaces * interfaceWords,
    maps: sizes.vlanMaps * mapWords,
    accepted: sizes.acceptLists * acceptWords,
    addresses: sizes.addresses * addressWords,
    trie4: sizes.trie4Words,
    trie6: sizes.trie6Words,
    routes: sizes.routes * routeWords,
    labelMap: labelCount,
    labelEntries: sizes.labelEntries * labelEntryWords,
    groups: sizes.groups * groupWords,
    legs: sizes.legs * legWords,
    pushes: sizes.pushes,
    pushWire: sizes.pushes,
    flat: sizes.legs * flatWords,
    adjacencies: sizes.adjacencies * adjacencyWords,
    buckets: powerOfTwoFrom(sizes.adjacencies * 2),
    adjacencyCount: 1,
  };
}

export class Tables {
  readonly settings: RouterSettings;
  readonly memory: TableMemory;
  readonly interfaces: InterfaceTable;
  readonly trie4: RunTrie;
  readonly trie6: RunTrie;
  readonly routes: Uint32Array;
  readonly labels: LabelTable;
  readonly paths: PathTable;
  readonly adjacencies: AdjacencyTable;

  constructor(sizes: TableSizes, settings: RouterSettings) {
    this.settings = settings;
    const counts = wordCounts(sizes);
    this.memory = new TableMemory(bytesForWords(...Object.values(counts)));
    const take = (name: keyof typeof counts) => this.memory.words(counts[name]);
    this.interfaces = new InterfaceTable(
      take('ports'),
      take('interfaces'),
      take('maps'),
      take('accepted'),
      take('addresses'),
    );
    this.trie4 = new RunTrie(take('trie4'), sizes.tables);
    this.trie6 = new RunTrie(take('trie6'), sizes.tables);
    this.routes = take('routes');
    this.labels = new LabelTable(take('labelMap'), take('labelEntries'));
    this.paths = new PathTable(take('groups'), take('legs'), take('pushes'), take('pushWire'), take('flat'));
    this.adjacencies = new AdjacencyTable(take('adjacencies'), take('buckets'), take('adjacencyCount'));
  }
}
