// Random frames for circuits and beneath pseudowire labels.
import type { CompiledRouter } from '../../src/control/router.ts';
import { type Bytes, eth, ipv4, labels, u16, udp } from '../support/frames.ts';
import { hosts } from './config-circuits.ts';
import type { Random } from './random.ts';
import type { Terrain } from './terrain.ts';

const groups = [
  'ff:ff:ff:ff:ff:ff',
  '01:00:5e:00:00:05',
  '33:33:00:00:00:01',
  '01:80:c2:00:00:00',
  '01:80:c2:00:00:0e',
];
const others = ['02:dd:00:00:00:08', '02:dd:00:00:00:09', '02:dd:00:00:00:0f'];
const macText = (mac: readonly number[]) => mac.map((byte) => byte.toString(16).padStart(2, '0')).join(':');

function drawDestination(random: Random): string {
  const kind = random.below(20);
  if (kind < 13) return random.pick(hosts);
  return kind < 16 ? random.pick(others) : random.pick(groups);
}

function drawPayload(random: Random): { type: number; payload: Bytes } {
  const kind = random.below(20);
  if (kind < 10) {
    const header = {
      src: `10.1.1.${random.below(8)}`,
      dst: `10.2.2.${random.below(8)}`,
      ttl: random.pick([1, 64, 64]),
    };
    return { type: 0x0800, payload: ipv4(header, udp(random.below(16), 53, random.bytes(random.below(80)))) };
  }
  if (kind < 12) return { type: 0x0806, payload: random.bytes(46) };
  if (kind === 12) return { type: random.pick([0x8808, 0x88cc, 0x8847, 0x86dd, 46]), payload: random.bytes(46) };
  return { type: 0x88b5, payload: random.bytes(random.pick([0, 20, 46, 46, 100, 120])) };
}

/** A customer's frame: `tags` those of its circuit, behind them sometimes tags of its own. */
function drawFrame(random: Random, tags: [number, number][]): Bytes {
  const own: [number, number][] = random.chance(0.2)
    ? random.times(random.between(1, 3), () => [random.pick([0x8100, 0x8100, 0x88a8]), random.pick([0, 1, 5, 100])])
    : [];
  const src = random.chance(0.93) ? random.pick(hosts) : random.pick([...others, ...groups]);
  const { type, payload } = drawPayload(random);
  return eth({ dst: drawDestination(random), src, tags: [...tags, ...own], type }, payload);
}

/** For a circuit's port with its tags, or from the core with a pseudowire's label; undefined where there is neither. */
export function drawCircuitFrame(
  router: CompiledRouter,
  terrain: Terrain,
  random: Random,
): { port: number; bytes: Bytes } | undefined {
  const { model, portNames } = router;
  const circuits = model.interfaces.filter((each) => each.role === 'circuit');
  const cores = terrain.ways.filter((way) => way.model.mpls);
  if (circuits.length === 0 || (cores.length > 0 && model.pseudowires.length > 0 && random.chance(0.45))) {
    return drawPseudowireFrame(router, cores, random);
  }
  const { port, vlan, outer } = random.pick(circuits);
  const priority = random.chance(0.3) ? random.below(16) << 12 : 0;
  const inner: [number, number][] = vlan === undefined ? [] : [[0x8100, vlan | priority]];
  const tags: [number, number][] = outer === undefined ? inner : [[0x88a8, outer | priority], ...inner];
  return { port: portNames.indexOf(port), bytes: drawFrame(random, tags) };
}

function drawPseudowireFrame({ model }: CompiledRouter, cores: Terrain['ways'], random: Random) {
  if (cores.length === 0 || model.pseudowires.length === 0) return undefined;
  const way = random.pick(cores);
  const wire = random.pick(model.pseudowires);
  const tagged = wire.type === 'ethernet-vlan' && random.chance(0.95);
  const tags: [number, number][] = tagged ? [[random.pick([0x8100, 0x88a8]), random.below(65536)]] : [];
  const sequence = wire.sequencing ? random.below(12) : 0;
  const nibble = random.chance(0.97) ? 0 : random.below(16);
  const controlWord = wire.controlWord ? [nibble << 4, 0, ...u16(sequence)] : [];
  const flow =
    wire.flowLabel !== random.chance(0.03) ? [{ label: random.chance(0.95) ? 5000 : random.below(16), ttl: 1 }] : [];
  const entropy = random.chance(0.05) ? [7, 7000] : [];
  const above = random.chance(0.1) ? [random.pick([0, 2, 16])] : [];
  const ttl = random.pick([0, 1, 2, 255, 64, 64, 64, 64, 64, 64, 64]);
  const stack = labels(...above, { label: wire.localLabel, ttl }, ...entropy, ...flow);
  const { vlan, outer } = way.model;
  const inner: [number, number][] = vlan === undefined ? [] : [[0x8100, vlan]];
  const link: [number, number][] = outer === undefined ? inner : [[0x88a8, outer], ...inner];
  const header = { dst: macText(way.model.mac ?? []), src: '02:00:00:00:a1:01', tags: link, type: 0x8847 };
  return { port: way.port, bytes: eth(header, [...stack, ...controlWord, ...drawFrame(random, tags)]) };
}
