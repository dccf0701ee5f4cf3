// Random layer 2: ports as circuits, pseudowires, cross-connects, bridges, and the router in them.
import { addressText } from './addresses.ts';
import type { Random } from './random.ts';
import { globalTable, type Keys, nextHop, type Sketch } from './sketch.ts';

/** Stations behind circuits: few, so that they meet and move. */
export const hosts = [
  '02:dd:00:00:00:01',
  '02:dd:00:00:00:02',
  '02:dd:00:00:00:03',
  '02:dd:00:00:00:04',
  '00:0b:00:00:00:05',
];

export interface DrawnCircuits {
  readonly pseudowires: Record<string, Keys>;
  readonly xconnects: readonly unknown[];
  readonly bridges: Record<string, Keys>;
}

const none: DrawnCircuits = { pseudowires: {}, xconnects: [], bridges: {} };
const bridgeNames = ['lan0', 'lan1'];

/** Ports whose interfaces are circuits, and ports that are the router in a bridge: before neighbours are drawn. */
export function drawCircuitPorts(sketch: Sketch, drawRouted: (name: string) => Keys): boolean {
  const { random, interfaces } = sketch;
  if (random.chance(0.4)) return false;
  const ports = random.between(1, 4);
  for (let index = 0; index < ports; index++) {
    const name = `c${index}`;
    const mtu = random.chance(0.2) ? { mtu: random.pick([60, 100, 1400]) } : {};
    interfaces[name] = { ...mtu, ...(random.chance(0.3) ? { mac: `02:00:00:00:0c:0${index}` } : {}) };
    if (random.chance(0.5)) interfaces[`${name}.a`] = { vlan: random.pick([1, 100]) };
    if (random.chance(0.3)) interfaces[`${name}.b`] = { vlan: 200 };
    if (random.chance(0.3)) interfaces[`${name}.q`] = { outer: 100, vlan: random.pick([1, 200]) };
  }
  if (random.chance(0.4)) {
    const { mpls: _, acceptLabels: __, ...routed } = drawRouted('irb0');
    interfaces.irb0 = { mac: '02:dd:00:00:00:0f', bridge: 'lan0', ...routed };
  }
  return true;
}

function drawPseudowires(sketch: Sketch): Record<string, Keys> {
  const { random } = sketch;
  const rows: Record<string, Keys> = {};
  const count = random.between(1, 7);
  for (let index = 0; index < count; index++) {
    const peer = random.chance(0.95) ? nextHop(sketch, globalTable) : undefined;
    rows[`w${index}`] = {
      peer: peer === undefined ? '198.51.100.77' : addressText(peer),
      localLabel: 40_000 + index,
      remoteLabel: random.pick([50_000 + index, 16, 1_048_575]),
      ...(random.chance(0.3) ? { controlWord: false } : {}),
      ...(random.chance(0.2) ? { type: 'ethernet-vlan' } : {}),
      ...(random.chance(0.25) ? { flowLabel: true } : {}),
      ...(random.chance(0.1) ? { sequencing: true } : {}),
      ...(random.chance(0.2) ? { mtu: random.pick([60, 100, 1400]) } : {}),
    };
  }
  return rows;
}

function drawStorm(random: Random): Keys {
  const rate = () => random.pick([0, 1, 5, 1000]);
  return random.chance(0.2) ? { storm: { broadcast: rate(), unknown: rate(), multicast: rate() } } : {};
}

function drawMember(random: Random, kind: string, name: string): unknown {
  if (random.chance(0.7)) return name;
  return { [kind]: name, group: random.pick(['mesh', 'none', 'spokes', 'spokes']), ...drawStorm(random) };
}

function drawBridge(random: Random, interfaces: readonly string[], pseudowires: readonly string[]): Keys {
  const macs = [
    ...interfaces.slice(0, 1).map((name) => ({ mac: '02:dd:00:00:00:09', interface: name })),
    ...pseudowires.slice(0, 1).map((name) => ({ mac: '02:dd:00:00:00:08', pseudowire: name })),
  ];
  return {
    interfaces: interfaces.map((name) => drawMember(random, 'interface', name)),
    pseudowires: pseudowires.map((name) => drawMember(random, 'pseudowire', name)),
    ageing: random.pick([1, 2, 5, 300]),
    macLimit: random.pick([1, 3, 4, 100]),
    ...(random.chance(0.15) ? { learning: 'qualified' } : {}),
    ...(random.chance(0.3) ? { macs } : {}),
  };
}

/** Who is joined to whom. `drawn`: whether there are ports for it. */
export function drawCircuits(sketch: Sketch, drawn: boolean): DrawnCircuits {
  if (!drawn) return none;
  const { random, interfaces } = sketch;
  const pseudowires = drawPseudowires(sketch);
  const left = Object.keys(pseudowires);
  if (left.length > 2 && random.chance(0.4)) {
    const backup = left.pop() as string;
    const primary = pseudowires[left[0] as string] as Keys;
    pseudowires[left[0] as string] = { ...primary, backup };
  }
  const ports = Object.keys(interfaces).filter((name) => /^c\d/.test(name) && random.chance(0.9));
  const ends: unknown[] = random.shuffle([...ports, ...left.map((name) => ({ pseudowire: name }))]);
  const xconnects: unknown[] = [];
  for (let wires = random.below(1 + Math.floor(ends.length / 2)); wires > 0; wires--) {
    xconnects.push([ends.pop(), ends.pop()]);
  }
  const parts = bridgeNames.map(() => ({ interfaces: [] as string[], pseudowires: [] as string[] }));
  for (const end of ends) {
    const part = random.pick(parts);
    if (typeof end === 'string') part.interfaces.push(end);
    else part.pseudowires.push((end as { pseudowire: string }).pseudowire);
  }
  const bridges = Object.fromEntries(
    parts.map((part, i) => [bridgeNames[i] as string, drawBridge(random, part.interfaces, part.pseudowires)]),
  );
  return { pseudowires, xconnects, bridges };
}
