// A random configuration: every key of the router, in small worlds where prefixes, labels, tables and stations meet.
import { ConfigError, parseConfig, validateConfig } from '../../src/control/config/index.ts';
import type { RouterModel } from '../../src/control/model.ts';
import { drawCircuitPorts, drawCircuits } from './config-circuits.ts';
import { drawInterfaces, drawNeighbors, drawRouted } from './config-interfaces.ts';
import { drawChain, drawLabels, drawMode, drawRoutes } from './config-paths.ts';
import { Random } from './random.ts';
import { globalTable, type Keys, type Sketch } from './sketch.ts';

export interface DrawnConfig {
  readonly router: Keys;
  readonly interfaces: Record<string, Keys>;
  readonly vrfs: Record<string, Keys>;
  readonly neighbors: readonly Keys[];
  readonly routes: readonly Keys[];
  readonly labels: readonly Keys[];
  readonly pseudowires: Record<string, Keys>;
  readonly xconnects: readonly unknown[];
  readonly bridges: Record<string, Keys>;
}

const someLabels = [16, 17, 18, 19, 20, 31, 1000, 1001, 1002, 1003, 4096, 16002, 24001, 524288, 1048574, 1048575];

function drawRouter(random: Random): Keys {
  return {
    name: 'pe1',
    ...(random.chance(0.8) ? { id: '192.0.2.1' } : {}),
    ...(random.chance(0.6) ? { id6: '2001:db8:ffff:0:0:0:0:1' } : {}),
    ttl: drawMode(random),
    tc: drawMode(random),
    icmp: { rate: random.pick([0, 1, 10, 1000, 1_000_000]), burst: random.pick([0, 1, 5, 100, 100_000]) },
    punt: random.chance(0.5),
    entropyAtEgress: random.chance(0.5),
    hashPayload: random.chance(0.7),
    ...(random.chance(0.5) ? { hashSeed: random.word() } : {}),
  };
}

function drawVrfs(random: Random, names: readonly string[]): Record<string, Keys> {
  const labelMode = () => random.pick(['per-vrf', 'per-vrf', 'per-ce', 'per-prefix']);
  return Object.fromEntries(
    names.map((name, index) => [
      name,
      { ...(random.chance(0.6) ? { label: 30_000 + index } : {}), labelMode: labelMode() },
    ]),
  );
}

function draw(random: Random): DrawnConfig {
  const vrfs = ['red', 'blue', 'green'].slice(0, random.below(4));
  const router = drawRouter(random);
  const sketch: Sketch = {
    random,
    tables: [globalTable, ...vrfs],
    interfaces: {},
    hosts: [],
    own: new Map([globalTable, ...vrfs].map((table) => [table, new Set<string>()])),
    reachable: [],
    labels: someLabels.filter(() => random.chance(0.75)),
  };
  if (typeof router.id === 'string') sketch.own.get(globalTable)?.add(router.id);
  const hasCircuits = drawCircuitPorts(sketch, (name) => drawRouted(sketch, name));
  drawInterfaces(sketch);
  const neighbors = drawNeighbors(sketch);
  const routes = [...drawChain(sketch), ...drawRoutes(sketch)];
  return {
    router,
    interfaces: sketch.interfaces,
    vrfs: drawVrfs(random, vrfs),
    neighbors,
    routes,
    labels: drawLabels(sketch),
    ...drawCircuits(sketch, hasCircuits),
  };
}

/** The configuration as YAML, an entry a line. */
export function yamlOf(config: DrawnConfig): string {
  const lines = Object.entries(config).flatMap(([section, value]: [string, unknown]) => {
    if (Array.isArray(value))
      return [`${section}:${value.length === 0 ? ' []' : ''}`, ...value.map((each) => `  - ${JSON.stringify(each)}`)];
    const rows = Object.entries(value as Keys);
    return [
      `${section}:${rows.length === 0 ? ' {}' : ''}`,
      ...rows.map(([key, each]) => `  ${key}: ${JSON.stringify(each)}`),
    ];
  });
  return `${lines.join('\n')}\n`;
}

/** Through the real validation. With `asText`, through YAML and its parser too. */
export function readConfig(config: DrawnConfig, asText: boolean): RouterModel {
  if (asText) return parseConfig(yamlOf(config), 'drawn.yaml');
  const validated = validateConfig(config);
  if ('model' in validated) return validated.model;
  throw new ConfigError('drawn', validated.problems);
}

export function drawConfig(seed: number): DrawnConfig {
  return draw(new Random(seed));
}
