// The lab end to end: the committed captures are what the generator makes, and what comes out of PE1, P and PE2 is what
// the configurations say. Frames are read with the tests' own decoder, not with that of the demo.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { generateCaptures } from '../../pcaps/generate.ts';
import { type RouterName, routerNames, type SiteName, siteNames } from '../../pcaps/lab.ts';
import { endingsOf, type Visit } from '../../pcaps/network.ts';
import { runLab } from '../../pcaps/run-lab.ts';
import { spread } from '../../pcaps/spread.ts';
import type { Promised } from '../../pcaps/traffic.ts';
import { deliveries, type Journey, judge } from '../../pcaps/verify.ts';
import { type Decoded, decode } from '../support/frames.ts';
import { openRouter } from '../support/router.ts';
import { pcapsPath } from './support.ts';

describe('the committed captures', () => {
  const captures = generateCaptures();

  test.each([...captures])('%s is what the generator makes', (name, bytes) => {
    expect(readFileSync(pcapsPath(name)).equals(bytes)).toBe(true);
  });

  test('there are no others', () => {
    const found = ['lab', 'malformed'].flatMap((folder) =>
      readdirSync(pcapsPath(folder))
        .filter((name) => name.endsWith('.pcap'))
        .map((name) => `${folder}/${name}`),
    );
    expect(found.sort()).toEqual([...captures.keys()].sort());
  });
});

const { journeys, network } = await runLab();
const arriving = journeys.filter(({ probe }) => probe.promised.kind === 'arrives');

/** What a router may not change, with the TTL it had: addresses, DSCP, the upper layer. */
function essence(frame: Decoded): unknown {
  if (frame.ip4 !== undefined) return { ...frame.ip4, ttl: 0, checksum: 0 };
  return { ...frame.ip6, hopLimit: 0 };
}

const ttlOf = ({ ip4, ip6 }: Decoded): number => ip4?.ttl ?? ip6?.hopLimit ?? -1;

/** Frames between routers, with the router that sent them. */
function coreFrames(visit: Visit): { readonly from: string; readonly port: string; readonly frame: Decoded }[] {
  return endingsOf(visit)
    .filter(({ ending }) => ending.next !== undefined)
    .map(({ visit: { router }, ending }) => ({ from: router, port: ending.port, frame: decode(ending.frame.bytes) }));
}

describe('from customer to customer', () => {
  test('every promise of the traffic is kept', () => {
    expect(journeys.flatMap(judge)).toEqual([]);
  });

  test('the books of every router balance', () => {
    expect([...network.routers.values()].map((router) => router.counters.balanced)).toEqual([true, true, true]);
  });

  const whole = arriving.filter(({ probe: { promised } }) => promised.kind === 'arrives' && !promised.fragments);

  test('what arrives is what was sent but for TTL and checksum, and the checksum is right', () => {
    expect(whole.length).toBeGreaterThan(100);
    for (const { probe, visit } of whole) {
      const [arrived, ...more] = deliveries(visit).map(({ frame }) => decode(frame.bytes));
      expect(more).toEqual([]);
      const sent = decode([...probe.bytes]);
      expect(essence(arrived as Decoded)).toEqual(essence(sent));
      const hops = (probe.promised as Extract<Promised, { kind: 'arrives' }>).hops;
      expect(ttlOf(arrived as Decoded)).toBe(ttlOf(sent) - hops);
      expect(arrived?.labels).toEqual([]);
      if (arrived?.ip4) expect(arrived.ip4.checksumOk).toBe(true);
    }
  });

  test('fragments of a packet too big for a link fit it, and make the packet', () => {
    const { probe, visit } = journeys.find(({ probe: { says } }) => says === '1500 bytes') as Journey;
    const pieces = deliveries(visit).map(({ frame }) => decode(frame.bytes).ip4 as NonNullable<Decoded['ip4']>);
    expect(pieces.map(({ offset, mf }) => ({ offset, mf }))).toEqual([
      { offset: 0, mf: true },
      { offset: 184, mf: false },
    ]);
    expect(pieces.flatMap(({ payload }) => payload)).toEqual(decode([...probe.bytes]).ip4?.payload);
    const labelled = coreFrames(visit).filter(({ from }) => from === 'p');
    expect(labelled.every(({ frame }) => frame.payload.length + 4 * frame.labels.length <= 1500)).toBe(true);
  });
});

/** Every frame that arrived at a router, with what it became, in order of time. */
function visitsAt(router: RouterName): Visit[] {
  const all = (visit: Visit): Visit[] => [visit, ...visit.endings.flatMap(({ next }) => (next ? all(next) : []))];
  return journeys.flatMap(({ visit }) => all(visit)).filter((visit) => visit.router === router);
}

describe('without explanations, at full speed', () => {
  test.each(routerNames)('%s sends the same bytes', (name) => {
    const router = openRouter(readFileSync(pcapsPath('lab', `${name}.yaml`), 'utf8'));
    const visits = visitsAt(name).sort((a, b) => a.arrived.time - b.arrived.time);
    for (const { port, arrived, endings } of visits) {
      const { out } = router.send({ port, bytes: arrived.bytes, time: arrived.time / 1e6 });
      const due = endings
        .filter(({ kind }) => kind === 'sent')
        .map(({ frame, port: to }) => ({ to, bytes: frame.bytes }));
      expect(out.map(({ bytes, port: to }) => ({ to, bytes }))).toEqual(due);
    }
    expect(visits.length).toBeGreaterThan(100);
  });
});

describe('isolation', () => {
  const owner = (site: SiteName): string => site.split(' ')[0] as string;

  test.each([
    ['[red]', 'blue'],
    ['[blue]', 'red'],
    ['[blue]', 'internet'],
    ['[web] stray', 'red'],
    ['[web] stray', 'blue'],
  ])('no frame marked %s comes out at %s', (mark, stranger) => {
    const received = journeys.flatMap(({ visit }) => deliveries(visit)).filter(({ site }) => owner(site) === stranger);
    expect(received.length).toBeGreaterThan(0);
    expect(received.filter(({ frame }) => Buffer.from(frame.bytes).includes(mark))).toEqual([]);
  });

  test('every site gets something, red’s first host has the address of blue’s', () => {
    const sites = new Set(journeys.flatMap(({ visit }) => deliveries(visit).map(({ site }) => site)));
    expect([...sites].sort()).toEqual([...siteNames].sort());
    const targets = arriving
      .filter(({ probe }) => probe.says.startsWith('ping 10.'))
      .map(({ probe }) => [probe.from, decode([...probe.bytes]).ip4?.dst].join(' → '));
    expect(new Set(targets)).toEqual(new Set(['red site 1 → 10.2.0.20', 'blue site 1 → 10.2.0.20']));
  });
});

describe('labels on the core', () => {
  const entropy = expect.any(Number);

  /** Stacks as sent by each router on the way, for the packets of a site that arrive at a site. */
  function stacks(from: SiteName, at: SiteName): unknown[] {
    const chosen = arriving.filter(
      ({ probe: { from: site, promised } }) => site === from && promised.kind === 'arrives' && promised.at === at,
    );
    expect(chosen.length).toBeGreaterThan(0);
    return chosen.map(({ visit }) => {
      const sent = new Map(coreFrames(visit).map((each) => [each.from, each.frame.labels.map(({ label }) => label)]));
      return Object.fromEntries(sent);
    });
  }

  test.each([
    ['red site 1', 'red site 2', { pe1: [16002, 24201], p: [24201] }],
    ['red site 2', 'red site 1', { pe2: [16001, 24101], p: [0, 24101] }],
    ['blue site 1', 'blue site 2', { pe1: [16002, 24202, 7, entropy], p: [24202, 7, entropy] }],
    ['blue site 2', 'blue site 1', { pe2: [16001, 24102, 7, entropy], p: [0, 24102, 7, entropy] }],
    ['red site 1', 'internet', { pe1: [16002], p: [] }],
    ['internet', 'red site 1', { pe2: [16001], p: [0] }],
  ] as const)('%s to %s', (from, at, due) => {
    for (const stack of stacks(from, at)) expect(stack).toEqual(due);
  });

  test('EF becomes traffic class 5 in every label', () => {
    const calls = journeys.filter(({ probe }) => probe.says.startsWith('voice'));
    const classes = calls.flatMap(({ visit }) =>
      coreFrames(visit).flatMap(({ frame }) => frame.labels.map(({ tc }) => tc)),
    );
    expect(new Set(classes)).toEqual(new Set([5]));
  });

  test.each(siteNames.filter((name) => name !== 'internet'))('no flow of %s takes both links', (site) => {
    const { a, b, torn } = spread(journeys, site);
    expect({ torn, both: a > 0 && b > 0, flows: a + b }).toEqual({ torn: 0, both: true, flows: 12 });
  });
});
