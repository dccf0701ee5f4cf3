// What the workloads have in common: the side of the router that faces the core, its neighbours, and the other
// provider-edge routers behind them.
import type { IpAddress } from '../../src/wire/address.ts';
import { ip4, type ModelBuilder, prefix4, via } from '../build-model.ts';
import type { Flow } from '../packets.ts';
import type { Random } from '../random.ts';

/** The port towards the core; it is the first one made. */
export const corePort = 0;
export const coreName = 'core';
export const neighborCount = 16;
const coreSubnet = 0x0aff0000;
const peLoopbacks = 0xc0000200;

/** A neighbour in the core. */
export function coreNeighbor(index: number): IpAddress {
  return ip4(coreSubnet + 10 + (index % neighborCount));
}

/** Port `core` with its sixteen neighbours. */
export function addCore(builder: ModelBuilder): void {
  builder.port(coreName, { mpls: true, addresses: [prefix4(coreSubnet + 1, 24)] });
  for (let i = 0; i < neighborCount; i++) builder.neighbor(coreName, coreNeighbor(i));
}

/** Loopback address of another provider-edge router. */
export function peAddress(index: number): IpAddress {
  return ip4(peLoopbacks + (index % neighborCount));
}

/** Sixteen provider-edge routers, each reached with a transport label over so many paths. */
export function addProviderEdges(builder: ModelBuilder, paths = 1): void {
  for (let pe = 0; pe < neighborCount; pe++) {
    const legs = Array.from({ length: paths }, (_, i) =>
      via(coreNeighbor(pe + i * 5), { labels: [16_000 + pe * 10 + i] }),
    );
    builder.route(undefined, prefix4(peLoopbacks + pe, 32), ...legs);
  }
}

/** A flow from somewhere in 10/8 to the address. */
export function flowTo(random: Random, destination: readonly number[]): Flow {
  const host = 0x0a000000 + random.below(1 << 24);
  const source = destination.length === 1 ? [host] : [0x20010db8, 0, 0, host];
  return { source, destination, ports: random.word() };
}
