// Where everything lies: set once when a forwarder binds the kernels to its tables, its counters and its batch. Kernels
// hold no memory of their own; these globals are all their state.
import {
  ARENA_AT,
  DIRECTORY_ADJACENCIES,
  DIRECTORY_ACCEPTED,
  DIRECTORY_BUCKET_MASK,
  DIRECTORY_BRIDGES,
  DIRECTORY_BUCKETS,
  DIRECTORY_CIRCUITS,
  DIRECTORY_FLAT,
  DIRECTORY_GROUPS,
  DIRECTORY_HASH_PAYLOAD,
  DIRECTORY_HASH_SEED,
  DIRECTORY_INTERFACES,
  DIRECTORY_LABEL_BRIEFS,
  DIRECTORY_LABEL_ENTRIES,
  DIRECTORY_LABEL_MAP,
  DIRECTORY_LEGS,
  DIRECTORY_MAC_BUCKETS,
  DIRECTORY_MAC_MASK,
  DIRECTORY_MACS,
  DIRECTORY_MAPS,
  DIRECTORY_POP_TC,
  DIRECTORY_POP_TTL,
  DIRECTORY_PORTS,
  DIRECTORY_PSEUDOWIRES,
  DIRECTORY_PUSH_WIRE,
  DIRECTORY_ROUTES,
  DIRECTORY_TRIE4,
  DIRECTORY_TRIE6,
  POP_UNIFORM,
  SLOT_STACK,
} from './layout';

// Addresses in bytes.
export let slots: u32 = 0;
export let arena: u32 = 0;
export let stack: u32 = 0;
export let inFrames: u32 = 0;
export let inBytes: u32 = 0;
export let outFrames: u32 = 0;
export let outBytes: u32 = 0;
export let ports: u32 = 0;
export let interfaces: u32 = 0;
export let maps: u32 = 0;
export let accepted: u32 = 0;
export let trie4: u32 = 0;
export let trie6: u32 = 0;
export let routes: u32 = 0;
export let labelMap: u32 = 0;
export let labelBriefs: u32 = 0;
export let labelEntries: u32 = 0;
export let groups: u32 = 0;
export let legs: u32 = 0;
export let pushWire: u32 = 0;
export let flat: u32 = 0;
export let adjacencies: u32 = 0;
export let buckets: u32 = 0;
export let circuits: u32 = 0;
export let pseudowires: u32 = 0;
export let bridges: u32 = 0;
export let macs: u32 = 0;
export let macBuckets: u32 = 0;
// Settings.
export let bucketMask: u32 = 0;
export let macMask: u32 = 0;
export let hasCircuits: bool = false;
export let bridging: bool = false;
export let hashSeed: u32 = 0;
export let hashPayload: bool = false;
export let popTtlUniform: bool = true;
export let popTcUniform: bool = true;
// Lengths of the lists, and of the stack in work.
export let count4: u32 = 0;
export let count6: u32 = 0;
export let countDirect4: u32 = 0;
export let countDirect6: u32 = 0;
export let countLabels: u32 = 0;
export let countWalk: u32 = 0;
export let countPushed: u32 = 0;
// The frame whose flow it is, when it is one of layer 2: its MAC addresses, 0: none, and what follows them.
export let frameMacs: u32 = 0;
export let frameRest: u32 = 0;

export function setCount4(value: u32): void { count4 = value; }
export function setCount6(value: u32): void { count6 = value; }
export function setCountDirect4(value: u32): void { countDirect4 = value; }
export function setCountDirect6(value: u32): void { countDirect6 = value; }
export function setCountLabels(value: u32): void { countLabels = value; }
export function setCountWalk(value: u32): void { countWalk = value; }
export function setCountPushed(value: u32): void { countPushed = value; }
export function setFrame(macs: u32, rest: u32): void { frameMacs = macs; frameRest = rest; }

/** `directory`: of the tables; `batch`: where its slots begin; `counters`: of `portCount` ports. Byte offsets. */
export function bind(
  directory: u32,
  batch: u32,
  counters: u32,
  portCount: u32,
  withCircuits: bool,
  withBridges: bool,
): void {
  hasCircuits = withCircuits;
  bridging = withBridges;
  slots = batch;
  arena = batch + ARENA_AT;
  stack = batch + SLOT_STACK;
  inFrames = counters;
  inBytes = counters + portCount * 8;
  outFrames = counters + portCount * 16;
  outBytes = counters + portCount * 24;
  ports = load<u32>(directory, DIRECTORY_PORTS);
  interfaces = load<u32>(directory, DIRECTORY_INTERFACES);
  maps = load<u32>(directory, DIRECTORY_MAPS);
  accepted = load<u32>(directory, DIRECTORY_ACCEPTED);
  trie4 = load<u32>(directory, DIRECTORY_TRIE4);
  trie6 = load<u32>(directory, DIRECTORY_TRIE6);
  routes = load<u32>(directory, DIRECTORY_ROUTES);
  labelMap = load<u32>(directory, DIRECTORY_LABEL_MAP);
  labelBriefs = load<u32>(directory, DIRECTORY_LABEL_BRIEFS);
  labelEntries = load<u32>(directory, DIRECTORY_LABEL_ENTRIES);
  groups = load<u32>(directory, DIRECTORY_GROUPS);
  legs = load<u32>(directory, DIRECTORY_LEGS);
  pushWire = load<u32>(directory, DIRECTORY_PUSH_WIRE);
  flat = load<u32>(directory, DIRECTORY_FLAT);
  adjacencies = load<u32>(directory, DIRECTORY_ADJACENCIES);
  buckets = load<u32>(directory, DIRECTORY_BUCKETS);
  bucketMask = load<u32>(directory, DIRECTORY_BUCKET_MASK);
  circuits = load<u32>(directory, DIRECTORY_CIRCUITS);
  pseudowires = load<u32>(directory, DIRECTORY_PSEUDOWIRES);
  bridges = load<u32>(directory, DIRECTORY_BRIDGES);
  macs = load<u32>(directory, DIRECTORY_MACS);
  macBuckets = load<u32>(directory, DIRECTORY_MAC_BUCKETS);
  macMask = load<u32>(directory, DIRECTORY_MAC_MASK);
  hashSeed = load<u32>(directory, DIRECTORY_HASH_SEED);
  hashPayload = load<u32>(directory, DIRECTORY_HASH_PAYLOAD) != 0;
  popTtlUniform = load<u32>(directory, DIRECTORY_POP_TTL) == POP_UNIFORM;
  popTcUniform = load<u32>(directory, DIRECTORY_POP_TC) == POP_UNIFORM;
}
