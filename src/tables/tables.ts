// All that the forwarder knows, over one block of shared memory. Control sizes and writes it, the engine reads it;
// adjacencies are also written by the engine when it learns a neighbour.
//
//   route, words  0 action kind   1 its argument   2 prefix length   3 its leg, if it has one only and that
//                 is flat, else 0      (route 0 is "no route")
//   directory, words  the offset in bytes of each array in `tableArrays`, then the settings a kernel reads, in the
//                 order of `directorySettings`: all that somebody needs who has only the block
import { AdjacencyTable, adjacencyStateWords, adjacencyWords } from './adjacencies.ts';
import { bridgeWords, CircuitTable, circuitWords, pseudowireWords } from './circuits.ts';
import { Generations, generationWords } from './generations.ts';
import { acceptWords, addressWords, InterfaceTable, interfaceWords, mapWords, portWords } from './interfaces.ts';
import { LabelTable, labelCount, labelEntryWords } from './labels.ts';
import { MacTable, macStateWords, macWords } from './macs.ts';
import { bytesForWords, type SharedBlock, TableMemory } from './memory.ts';
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
  /** Circuit 0, which is none, included. */
  readonly circuits: number;
  readonly pseudowires: number;
  readonly bridges: number;
  /** Of all bridges together. */
  readonly members: number;
  /** MAC addresses that can be known at once, of all bridges together. */
  readonly macs: number;
  /** Room for forwarders over these tables, bytes: their batches and counters. */
  readonly forwarderBytes: number;
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

/** The arrays in the order in which they lie in the block, behind the directory. */
export const tableArrays = [
  'ports',
  'interfaces',
  'maps',
  'accepted',
  'addresses',
  'trie4',
  'trie6',
  'routes',
  'labelMap',
  'labelBriefs',
  'labelEntries',
  'groups',
  'legs',
  'pushes',
  'pushWire',
  'flat',
  'adjacencies',
  'buckets',
  'adjacencyState',
  'generations',
  'circuits',
  'pseudowires',
  'bridges',
  'members',
  'macs',
  'macBuckets',
  'macState',
] as const;
type TableArray = (typeof tableArrays)[number];

/** Threads that may read the tables while another one writes them. */
export const readersMax = 64;

/** Settings as words of the directory, behind the offsets. */
export const directorySettings = ['popTtl', 'popTc', 'hashSeed', 'hashPayload', 'bucketMask', 'macMask'] as const;
const directoryWords = 64;

function wordCounts(sizes: TableSizes): Readonly<Record<TableArray, number>> {
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
    labelBriefs: labelCount,
    labelEntries: sizes.labelEntries * labelEntryWords,
    groups: sizes.groups * groupWords,
    legs: sizes.legs * legWords,
    pushes: sizes.pushes,
    pushWire: sizes.pushes,
    flat: sizes.legs * flatWords,
    adjacencies: sizes.adjacencies * adjacencyWords,
    buckets: powerOfTwoFrom(sizes.adjacencies * 2),
    adjacencyState: adjacencyStateWords,
    generations: generationWords(readersMax),
    circuits: sizes.circuits * circuitWords,
    pseudowires: sizes.pseudowires * pseudowireWords,
    bridges: sizes.bridges * bridgeWords,
    members: sizes.members,
    macs: sizes.macs * macWords,
    macBuckets: powerOfTwoFrom(sizes.macs),
    macState: macStateWords,
  };
}

/** Everything another thread needs to open the same tables: survives `postMessage`. */
export interface SharedTables {
  readonly block: SharedBlock;
  readonly sizes: TableSizes;
  readonly settings: RouterSettings;
}

export class Tables {
  readonly settings: RouterSettings;
  readonly sizes: TableSizes;
  readonly memory: TableMemory;
  /** Where the directory lies in the block, bytes. */
  readonly directoryAt: number;
  readonly interfaces: InterfaceTable;
  readonly trie4: RunTrie;
  readonly trie6: RunTrie;
  readonly routes: Uint32Array;
  readonly labels: LabelTable;
  readonly paths: PathTable;
  readonly adjacencies: AdjacencyTable;
  readonly circuits: CircuitTable;
  readonly macs: MacTable;
  /** By which the writer knows what no reader in another thread can still see. */
  readonly generations: Generations;

  /** New tables, all empty; with a block those that somebody has made of it with the same sizes. */
  constructor(sizes: TableSizes, settings: RouterSettings, block?: SharedBlock) {
    this.settings = settings;
    this.sizes = sizes;
    const counts = wordCounts(sizes);
    const tableBytes = bytesForWords(directoryWords, ...Object.values(counts));
    this.memory = new TableMemory(block ?? tableBytes + sizes.forwarderBytes);
    const directory = this.memory.words(directoryWords);
    this.directoryAt = directory.byteOffset;
    const arrays = Object.fromEntries(tableArrays.map((name) => [name, this.memory.words(counts[name])])) as Record<
      TableArray,
      Uint32Array
    >;
    this.interfaces = new InterfaceTable(
      arrays.ports,
      arrays.interfaces,
      arrays.maps,
      arrays.accepted,
      arrays.addresses,
    );
    const generations = new Generations(arrays.generations);
    this.generations = generations;
    this.trie4 = new RunTrie(arrays.trie4, sizes.tables, { generations });
    this.trie6 = new RunTrie(arrays.trie6, sizes.tables, { generations });
    this.routes = arrays.routes;
    this.labels = new LabelTable(arrays.labelMap, arrays.labelBriefs, arrays.labelEntries);
    this.paths = new PathTable(arrays.groups, arrays.legs, arrays.pushes, arrays.pushWire, arrays.flat);
    this.adjacencies = new AdjacencyTable(arrays.adjacencies, arrays.buckets, arrays.adjacencyState, generations);
    this.circuits = new CircuitTable(arrays.circuits, arrays.pseudowires, arrays.bridges, arrays.members);
    this.macs = new MacTable(arrays.macs, arrays.macBuckets, arrays.macState, generations);
    if (block === undefined) this.#writeDirectory(directory, arrays);
  }

  /** The same tables, in another thread. What is free in the block is for the thread that made them to give away. */
  static open({ sizes, settings, block }: SharedTables): Tables {
    const tables = new Tables(sizes, settings, block);
    tables.memory.close();
    return tables;
  }

  share(): SharedTables {
    return { block: this.memory.block, sizes: this.sizes, settings: this.settings };
  }

  #writeDirectory(directory: Uint32Array, arrays: Readonly<Record<TableArray, Uint32Array>>): void {
    const { popTtl, popTc, hashSeed, hashPayload } = this.settings;
    directory.set(tableArrays.map((name) => arrays[name].byteOffset));
    const words = {
      popTtl,
      popTc,
      hashSeed,
      hashPayload: hashPayload ? 1 : 0,
      bucketMask: arrays.buckets.length - 1,
      macMask: arrays.macBuckets.length - 1,
    };
    directory.set(
      directorySettings.map((name) => words[name]),
      tableArrays.length,
    );
  }
}
