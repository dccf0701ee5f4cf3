// Random paths, routes and label entries: every kind that the grammar has.
import { addressText, near, prefixText, somePrefix } from './addresses.ts';
import type { Random } from './random.ts';
import { addReachable, globalTable, type Keys, nextHop, type Sketch } from './sketch.ts';

const tunnelModes = ['uniform', 'pipe', 'short-pipe'] as const;
const outgoingLabels = [0, 2, 3, 16, 17, 1000, 1001, 16002, 24012, 524288, 1048575] as const;

export const drawMode = (random: Random) => random.pick(tunnelModes);

function drawModes(random: Random): Keys {
  const ttl = random.chance(0.5) ? drawMode(random) : random.pick([1, 2, 64, 255]);
  const tc = random.chance(0.5) ? drawMode(random) : random.below(8);
  return { ...(random.chance(0.3) ? { ttl } : {}), ...(random.chance(0.3) ? { tc } : {}) };
}

function drawPushes(random: Random): number[] {
  const count = random.weighted([
    [10, 1],
    [5, 2],
    [2, 3],
    [1, 8],
  ]);
  return random.times(count, () => random.pick(outgoingLabels));
}

/** A next hop with labels, or undefined when the table reaches none. `labels` empty: none written. */
function drawVia(sketch: Sketch, table: string, labels: readonly number[]): Keys | undefined {
  const { random, hosts } = sketch;
  const direct = random.chance(0.15) ? hosts.filter((host) => host.table === table) : [];
  const host = direct.length > 0 ? random.pick(direct) : undefined;
  const words = host?.words ?? nextHop(sketch, table);
  if (words === undefined) return undefined;
  const text = addressText(words);
  const mapped = words.length === 1 && random.chance(0.1);
  return {
    via: mapped ? `::ffff:${text}` : text,
    ...(host === undefined ? {} : { interface: host.interface }),
    ...(labels.length > 0 ? { labels } : {}),
    ...(labels.length > 0 && random.chance(0.12) ? { entropy: true } : {}),
    ...drawModes(random),
  };
}

/** Actions that routes and labels share; `not`: the table that may not be named. */
function drawAction({ random, tables }: Sketch, not: string | undefined): Keys {
  const others = tables.filter((table) => table !== not);
  const kind = random.pick(others.length > 0 ? ['table', 'table', 'drop', 'punt', 'receive'] : ['drop', 'punt']);
  return kind === 'table' ? { table: random.pick(others) } : { [kind]: true };
}

function drawShares(random: Random, index: number): Keys {
  return {
    ...(random.chance(0.5) ? { weight: random.pick([1, 2, 3, 10, 65535]) } : {}),
    ...(index > 0 && random.chance(0.3) ? { backup: true } : {}),
  };
}

/** One path, or several under `paths`. */
function drawPaths(random: Random, path: () => Keys): Keys {
  if (random.chance(0.75)) return path();
  return { paths: random.times(random.between(1, 5), (index) => ({ ...path(), ...drawShares(random, index) })) };
}

export function drawRoutes(sketch: Sketch): Keys[] {
  const { random, tables } = sketch;
  const seen = new Set<string>();
  const count = random.between(4, 45);
  return random
    .times(count, () => 0)
    .flatMap(() => {
      const table = random.chance(0.45) ? globalTable : random.pick(tables);
      const prefix = somePrefix(random, random.chance(0.65) ? 4 : 6);
      const text = prefixText(prefix);
      if (seen.has(`${table} ${text}`)) return [];
      seen.add(`${table} ${text}`);
      const path = () =>
        (random.chance(0.85) ? drawVia(sketch, table, random.chance(0.7) ? drawPushes(random) : []) : undefined) ??
        drawAction(sketch, table);
      const paths = drawPaths(random, path);
      if (table === globalTable) addReachable(sketch, near(prefix, random));
      return [{ ...(table === globalTable ? {} : { vrf: table }), prefix: text, ...paths }];
    });
}

/** Loopback behind loopback in the global table, up to more levels than a recursion may have. */
export function drawChain(sketch: Sketch): Keys[] {
  const { random, reachable } = sketch;
  if (random.chance(0.3)) return [];
  let via = nextHop(sketch, globalTable);
  return random
    .times(random.between(1, 10), (level) => [0xc000020a + level])
    .flatMap((words) => {
      if (via === undefined) return [];
      const labels = random.times(random.below(3), () => random.pick(outgoingLabels));
      const route = { prefix: `${addressText(words)}/32`, via: addressText(via), labels, ...drawModes(random) };
      via = words;
      reachable.push(words);
      return [route];
    });
}

const payloads = ['ip', 'ip4', 'ip6'] as const;

function drawLabelPath(sketch: Sketch): Keys {
  const { random, tables } = sketch;
  const table = random.chance(0.6) ? globalTable : random.pick(tables);
  const payload = random.chance(0.3) ? { payload: random.pick(payloads) } : {};
  const kind = random.weighted([
    [8, 'swap'],
    [4, 'php'],
    [4, 'ends'],
    [4, 'pop'],
    [4, 'action'],
  ]);
  const vrf = table === globalTable ? {} : { vrf: table };
  const via = (keys: Keys, labels: readonly number[] = []) => {
    const drawn = drawVia(sketch, table, labels);
    return drawn === undefined ? { pop: true } : { ...drawn, ...vrf, ...keys };
  };
  if (kind === 'swap') return via(payload, drawPushes(random));
  if (kind === 'php') return via({ labels: random.chance(0.3) ? [3] : [] });
  if (kind === 'ends') return via({ payload: random.pick(payloads) });
  if (kind === 'pop') return { pop: true, ...payload, ...drawModes(random) };
  return { ...drawAction(sketch, undefined), ...payload, ...drawModes(random) };
}

export function drawLabels(sketch: Sketch): Keys[] {
  const { random, labels } = sketch;
  return labels.map((label) => ({ label, ...drawPaths(random, () => drawLabelPath(sketch)) }));
}
