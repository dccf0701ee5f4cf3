// Random ports, sub-interfaces, addresses and neighbours.
import { addressText, member, type Prefix, prefixText, somePrefix, type Words } from './addresses.ts';
import { addReachable, isOwn, type Keys, type Sketch } from './sketch.ts';

const mtus = [28, 60, 68, 100, 296, 576, 1280, 1492, 9000, 65535, ...new Array<number>(20).fill(1500)] as const;
const macText = (high: number, low: number) =>
  `02:00:00:00:${[high, low].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;

/** A connected subnet: one of its addresses for the interface, some for neighbours. */
function drawSubnet(sketch: Sketch, name: string, table: string, family: 4 | 6): string | undefined {
  const { random, own, hosts } = sketch;
  const lengths = family === 4 ? [16, 22, 24, 24, 24, 25, 29, 30, 30, 31, 32] : [48, 64, 64, 64, 112, 127, 128];
  const linkLocal = random.chance(0.06);
  const prefix: Prefix = linkLocal
    ? { words: family === 4 ? [0xa9fe0000] : [0xfe800000, 0, 0, 0], length: family === 4 ? 24 : 64 }
    : somePrefix(random, family, lengths);
  const bits = family === 4 ? 32 : 128;
  const hostBits = Math.min(bits - prefix.length, 7);
  const ends = family === 4 && hostBits > 1 ? 1 : 0;
  const draw = () => member(prefix, random.between(ends, 2 ** hostBits - 1 - ends));
  const address = draw();
  if (isOwn(sketch, table, address)) return undefined;
  own.get(table)?.add(addressText(address));
  for (let i = random.between(1, 3); i > 0; i--) hosts.push({ interface: name, table, words: draw() });
  return prefixText({ words: address, length: prefix.length });
}

function drawAddresses(sketch: Sketch, name: string, table: string): string[] {
  const { random } = sketch;
  const families = random.weighted<readonly (4 | 6)[]>([
    [4, [4, 6]],
    [3, [4]],
    [1, [6]],
    [2, [4, 4, 6]],
    [1, []],
  ]);
  return families.flatMap((family) => drawSubnet(sketch, name, table, family) ?? []);
}

/** What ports and sub-interfaces have in common. */
export function drawRouted(sketch: Sketch, name: string): Keys {
  const { random, tables, labels } = sketch;
  const table = random.pick(tables);
  return {
    ...(table === 'global' ? {} : { vrf: table }),
    addresses: drawAddresses(sketch, name, table),
    ...(random.chance(0.6) ? { mpls: true } : {}),
    ...(random.chance(0.15) ? { urpf: random.pick(['strict', 'loose']) } : {}),
    ...(random.chance(0.12) ? { acceptLabels: labels.filter(() => random.chance(0.6)) } : {}),
  };
}

function drawTags(sketch: Sketch, used: Set<string>): Keys {
  const { random } = sketch;
  for (;;) {
    const vlan = random.pick([1, 2, 100, 200, 4094]);
    const outer = random.chance(0.4) ? random.pick([1, 100, 300]) : undefined;
    const key = `${outer ?? ''}/${vlan}`;
    if (used.has(key)) continue;
    used.add(key);
    return outer === undefined ? { vlan } : { outer, vlan };
  }
}

function drawPort(sketch: Sketch, index: number): void {
  const { random, interfaces } = sketch;
  const name = `p${index}`;
  const subs = random.weighted([
    [4, 0],
    [3, 1],
    [3, 3],
  ]);
  const place = subs === 0 || random.chance(0.6) ? drawRouted(sketch, name) : {};
  interfaces[name] = { mac: macText(1, index), mtu: random.pick(mtus), ...place };
  const used = new Set<string>();
  for (let sub = 0; sub < subs; sub++) {
    const subName = `${name}.s${sub}`;
    interfaces[subName] = {
      ...drawTags(sketch, used),
      ...(random.chance(0.15) ? { mac: macText(2 + sub, index) } : {}),
      ...(random.chance(0.2) ? { mtu: random.pick(mtus) } : {}),
      ...drawRouted(sketch, subName),
    };
  }
}

export function drawInterfaces(sketch: Sketch): void {
  const { random, hosts } = sketch;
  const ports = random.between(2, 5);
  for (let index = 0; index < ports; index++) drawPort(sketch, index);
  const fit = hosts.filter((host) => !isOwn(sketch, host.table, host.words));
  hosts.splice(0, hosts.length, ...fit);
  for (const host of hosts) if (host.table === 'global') addReachable(sketch, host.words);
}

/** Static neighbours: most of the hosts, and sometimes one outside of every subnet. */
export function drawNeighbors(sketch: Sketch): Keys[] {
  const { random, hosts } = sketch;
  const seen = new Set<string>();
  const missing = random.pick([0, 0.1, 0.1, 0.7]);
  return hosts.flatMap((host, index) => {
    const words: Words = host.words;
    const key = `${host.interface} ${addressText(words)}`;
    if (seen.has(key) || random.chance(missing)) return [];
    seen.add(key);
    return [{ interface: host.interface, address: addressText(words), mac: macText(0xa1, index & 255) }];
  });
}
