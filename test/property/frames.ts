// Random frames for one router: a packet behind a link header that mostly fits, on a port that mostly takes it.

import type { CompiledRouter } from '../../src/control/router.ts';
import { type Bytes, eth } from '../support/frames.ts';
import { drawCircuitFrame } from './circuit-frames.ts';
import { drawArp, drawIp, drawLabelled, drawNd, stations } from './packets.ts';
import type { Random } from './random.ts';
import { survey, type Terrain, type Way } from './terrain.ts';

export interface Drawn {
  readonly port: number;
  readonly bytes: Uint8Array;
}

const macText = (mac: readonly number[]) => mac.map((byte) => byte.toString(16).padStart(2, '0')).join(':');

/** The tags of the way, with a priority; sometimes others. */
function drawTags(way: Way, random: Random): [number, number][] {
  const { vlan, outer } = way.model;
  const priority = random.chance(0.3) ? random.below(16) << 12 : 0;
  const right: [number, number][] =
    vlan === undefined
      ? []
      : outer === undefined
        ? [[0x8100, vlan]]
        : [
            [0x88a8, outer],
            [0x8100, vlan],
          ];
  const tags = right.map(([type, vid]): [number, number] => [type, vid | priority]);
  const kind = random.below(60);
  if (kind === 0) return [[random.pick([0x8100, 0x88a8]), 0], ...tags];
  if (kind === 1) return [...tags, [random.pick([0x8100, 0x88a8]), random.pick([0, 1, 100, 200])]];
  if (kind === 2) return tags.slice(1);
  if (kind === 3) return tags.map(([type]): [number, number] => [type, random.below(4096)]);
  if (kind === 4) return tags.toReversed();
  return tags;
}

function drawDestination(way: Way, toGroup: boolean, random: Random): string {
  const kind = random.below(40);
  if (kind === 0) return '02:00:00:00:ff:ff';
  if (kind === 1 || (toGroup && kind < 20))
    return random.pick(['ff:ff:ff:ff:ff:ff', '33:33:00:00:00:01', '01:00:5e:00:00:05']);
  return macText(way.model.mac ?? []);
}

function drawPayload(terrain: Terrain, way: Way, random: Random): { type: number; payload: Bytes } {
  const kind = random.below(100);
  if (kind < 40) return { type: 0x0800, payload: drawIp(terrain, way, way.table, 4, random) };
  if (kind < 57) return { type: 0x86dd, payload: drawIp(terrain, way, way.table, 6, random) };
  if (kind < 90) return { type: 0x8847, payload: drawLabelled(terrain, way, random) };
  if (kind < 93) return { type: 0x0806, payload: drawArp(way, random) };
  if (kind < 96) return { type: 0x86dd, payload: drawNd(way, random) };
  if (kind < 98)
    return { type: random.pick([0x0800, 0x86dd, 0x8847, 0x0806]), payload: random.bytes(random.below(64)) };
  return { type: random.pick([0x8848, 0x88cc, 0x8808, 46, 1500, random.below(65536)]), payload: random.bytes(46) };
}

/** Labelled frames come where labels are taken, mostly. */
function drawWay(terrain: Terrain, random: Random, labelled: boolean): Way {
  const way = random.pick(terrain.ways);
  return !labelled || way.model.mpls ? way : random.pick(terrain.ways);
}

export class FrameMaker {
  readonly #terrain: Terrain;
  readonly #random: Random;
  readonly #router: CompiledRouter;

  constructor(router: CompiledRouter, random: Random) {
    this.#terrain = survey(router);
    this.#random = random;
    this.#router = router;
  }

  next(): Drawn {
    const terrain = this.#terrain;
    const random = this.#random;
    const { circuits } = this.#router.layer2;
    const framed =
      circuits.length > 0 && random.chance(0.6) ? drawCircuitFrame(this.#router, terrain, random) : undefined;
    if (framed !== undefined) return { port: framed.port, bytes: Uint8Array.from(framed.bytes) };
    const first = drawWay(terrain, random, true);
    const way = first.model.mpls || random.chance(0.4) ? first : drawWay(terrain, random, false);
    const { type, payload } = drawPayload(terrain, way, random);
    const toGroup = type === 0x0806 || (type === 0x86dd && payload[6] === 58);
    const bytes = eth(
      { dst: drawDestination(way, toGroup, random), src: random.pick(stations), tags: drawTags(way, random), type },
      payload,
    );
    const padding = random.chance(0.15) ? random.bytes(random.below(30)) : [];
    return { port: way.port, bytes: Uint8Array.from([...bytes, ...padding]) };
  }
}
