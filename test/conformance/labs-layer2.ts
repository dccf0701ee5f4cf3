// A PE with every kind of circuit, for the PW and VPLS tests: whole ports, VLANs and QinQ on the customers' side, a core
// port with LSPs to two far PEs. Frames of customers and what becomes of them are built bytewise.
import { expect } from 'vitest';
import type { DropName, PuntName } from '../../src/engine/reasons.ts';
import { type Bytes, eth, filler, type LabelOptions, labels } from '../support/frames.ts';
import { openRouter, type Result, type Sent, type TestRouter } from '../support/router.ts';

export const coreMac = '02:00:00:00:01:0f';
export const coreMac2 = '02:00:00:00:01:10';
export const pMac = '02:00:00:00:00:02';
export const p2Mac = '02:00:00:00:00:03';
export const hostA = '02:aa:00:00:00:01';
export const hostB = '02:bb:00:00:00:02';
export const hostC = '02:cc:00:00:00:03';
export const broadcastMac = 'ff:ff:ff:ff:ff:ff';

export type Row = Record<string, unknown>;
export interface Layer2 {
  router?: Row;
  interfaces?: Record<string, Row>;
  vrfs?: Record<string, Row>;
  neighbors?: Row[];
  routes?: Row[];
  labels?: Row[];
  pseudowires?: Record<string, Row>;
  xconnects?: unknown[];
  bridges?: Record<string, Row>;
}

/** The shared parts with additions; services are the caller's own. */
export function layer2(extra: Layer2 = {}): string {
  return JSON.stringify({
    router: { name: 'pe1', id: '192.0.2.1', hashSeed: 7, ...extra.router },
    interfaces: {
      ce1: {},
      ce2: {},
      ce3: {},
      trunk: {},
      'trunk.100': { vlan: 100 },
      'trunk.200': { vlan: 200 },
      'trunk.300': { outer: 300, vlan: 30 },
      'trunk.400': { outer: 400, vlan: 40 },
      core1: { mac: coreMac, mtu: 9200, mpls: true, addresses: ['10.0.12.1/30'] },
      core2: { mac: coreMac2, mtu: 9200, mpls: true, addresses: ['10.0.13.1/30'] },
      ...extra.interfaces,
    },
    ...(extra.vrfs === undefined ? {} : { vrfs: extra.vrfs }),
    neighbors: [
      { interface: 'core1', address: '10.0.12.2', mac: pMac },
      { interface: 'core2', address: '10.0.13.2', mac: p2Mac },
      ...(extra.neighbors ?? []),
    ],
    routes: [
      { prefix: '192.0.2.2/32', via: '10.0.12.2', labels: [16002] },
      { prefix: '192.0.2.3/32', via: '10.0.13.2', labels: [16003] },
      ...(extra.routes ?? []),
    ],
    labels: extra.labels ?? [],
    pseudowires: extra.pseudowires ?? {},
    xconnects: extra.xconnects ?? [],
    bridges: extra.bridges ?? {},
  });
}

export interface Host {
  src?: string;
  dst?: string;
  tags?: [number, number][];
  type?: number;
}
/** A customer's frame: from A to B, EtherType 0x0800 over bytes that are no IP, unless said otherwise. */
export const frame = (o: Host = {}, payload: Bytes = filler(46)): Bytes =>
  eth({ dst: o.dst ?? hostB, src: o.src ?? hostA, tags: o.tags ?? [], type: o.type ?? 0x88b5 }, payload);

export const at = (port: string, bytes: Bytes, time?: number): Sent => ({
  port,
  bytes,
  ...(time === undefined ? {} : { time }),
});

/** A labelled frame from the core, and one towards it. */
export const fromCore = (stack: (number | LabelOptions)[], beneath: Bytes): Sent =>
  at('core1', eth({ dst: coreMac, src: pMac, type: 0x8847 }, [...labels(...stack), ...beneath]));
export const toCore = (stack: (number | LabelOptions)[], beneath: Bytes): Bytes =>
  eth({ dst: pMac, src: coreMac, type: 0x8847 }, [...labels(...stack), ...beneath]);
export const toCore2 = (stack: (number | LabelOptions)[], beneath: Bytes): Bytes =>
  eth({ dst: p2Mac, src: coreMac2, type: 0x8847 }, [...labels(...stack), ...beneath]);

export const controlWord: Bytes = [0, 0, 0, 0];
/** The stack of a pseudowire frame behind 192.0.2.2: transport and pseudowire label, TTL 255 in both. */
export const stackTo = (label: number, transport = 16002): LabelOptions[] => [
  { label: transport, ttl: 255 },
  { label, ttl: 255 },
];

const hexOf = (bytes: ArrayLike<number>) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** What happened, in words: `out ce1 HEX`, `drop REASON`, `punt REASON`. */
export function outcome(result: Result): string[] {
  return [
    ...result.out.map((seen) => `out ${seen.port} ${hexOf(seen.bytes)}`),
    ...result.drops.map((seen) => `drop ${seen.reason}`),
    ...result.punts.map((seen) => `punt ${seen.reason}`),
  ];
}
export const out = (port: string, bytes: Bytes): string => `out ${port} ${hexOf(bytes)}`;
export const dropped = (reason: DropName): string => `drop ${reason}`;
export const punted = (reason: PuntName): string => `punt ${reason}`;

/** Sends the frames one after the other through a new router; what happened to all of them. */
export function play(config: string, ...frames: Sent[]): string[] {
  const router = openRouter(config);
  return outcome(router.send(...frames));
}

/** A router that stays, for state from frame to frame. */
export function opened(config: string) {
  const router: TestRouter = openRouter(config);
  return {
    router,
    send: (port: string, bytes: Bytes, time?: number) => outcome(router.send(at(port, bytes, time))),
    sent: (...frames: Sent[]) => router.send(...frames),
  };
}

/** Exactly these, in this order. */
export const expectPlay = (config: string, frames: Sent[], expected: string[]) =>
  expect(play(config, ...frames)).toEqual(expected);

/** The first `length` bytes of a frame: a shorter frame, not a snapped one. */
export const cut = (sent: Sent, length: number): Sent => ({ ...sent, bytes: Array.from(sent.bytes).slice(0, length) });
export const snapped = (sent: Sent, length: number): Sent => ({ ...cut(sent, length), original: sent.bytes.length });
