// Holds the routers to what traffic.ts promises: every packet at the right site, unchanged but for its TTL, every
// error from the right router and back to its sender, and nothing of one customer's anywhere near the other.
import * as v4 from '../src/wire/ipv4.ts';
import * as v6 from '../src/wire/ipv6.ts';
import { type SiteName, siteNames, siteOf } from './lab.ts';
import { type Ending, endingsOf, type Visit } from './network.ts';
import { type IpView, viewFrame, viewIcmpError } from './picture.ts';
import type { Spread } from './spread.ts';
import type { LabelStack, Probe, Promised } from './traffic.ts';

/** A packet, and all that became of it. */
export interface Journey {
  readonly probe: Probe;
  readonly visit: Visit;
}

/** Frames that came out at a site, with what they are. */
export function deliveries(visit: Visit): (Ending & { readonly site: SiteName })[] {
  return endingsOf(visit).flatMap(({ ending }) =>
    ending.site === undefined ? [] : [{ ...ending, site: ending.site }],
  );
}

/** What is wrong with a journey; nothing, if the promise was kept. */
export function judge({ probe, visit }: Journey): string[] {
  const problems = [...judgeEnding(probe.promised, probe, visit), ...judgeDeliveries(probe, visit)];
  return problems.map((problem) => `${probe.from}, ${probe.says}: ${problem}`);
}

function judgeEnding(promised: Promised, probe: Probe, visit: Visit): string[] {
  switch (promised.kind) {
    case 'arrives':
      return judgeArrival(promised, probe, visit);
    case 'error':
      return [...judgeLoss(promised, visit), ...judgeError(promised, probe, visit)];
    case 'answered':
      return judgeAnswer(promised, probe, visit);
    case 'dropped': {
      const out = deliveries(visit).length;
      return [...judgeLoss(promised, visit), ...(out > 0 ? [`${out} frames came out, none is due`] : [])];
    }
  }
}

type PromiseOf<Kind extends Promised['kind']> = Extract<Promised, { kind: Kind }>;

function judgeArrival(promised: PromiseOf<'arrives'>, probe: Probe, visit: Visit): string[] {
  const arrived = deliveries(visit);
  const due = promised.fragments ?? 1;
  if (arrived.length !== due) return [`${arrived.length} frames came out, ${due} due`];
  const views = arrived.map((each) => viewFrame(each.frame.bytes).ip);
  const sent = viewFrame(Uint8Array.from(probe.bytes)).ip;
  if (sent === undefined || views.some((ip) => ip === undefined)) return ['what came out is not IP'];
  const pieces = views as IpView[];
  const wrongSite = arrived.find((each) => each.site !== promised.at);
  const wrongTtl = pieces.find((ip) => ip.ttl !== sent.ttl - promised.hops);
  return [
    ...(wrongSite === undefined ? [] : [`arrived at ${wrongSite.site} instead of ${promised.at}`]),
    ...(wrongTtl === undefined ? [] : [`arrived with ttl ${wrongTtl.ttl}, ${sent.ttl - promised.hops} due`]),
    ...(sameBytes(normalPacket(sent), reassemble(pieces)) ? [] : ['did not arrive as it was sent']),
  ];
}

/** The packet with the fields at zero that a router may change: TTL, checksum, and for fragments length and flags. */
function normalPacket({ family, packet }: IpView): Uint8Array {
  const copy = packet.slice();
  if (family === 6) copy[v6.hopLimitAt] = 0;
  else for (const at of [v4.ttlAt, v4.checksumAt, v4.checksumAt + 1]) copy[at] = 0;
  return copy;
}

function reassemble(pieces: readonly IpView[]): Uint8Array {
  const [first] = [...pieces].sort((a, b) => a.fragmentOffset - b.fragmentOffset);
  if (first === undefined || pieces.length === 1) return first === undefined ? new Uint8Array() : normalPacket(first);
  const total = Math.max(...pieces.map((ip) => ip.fragmentOffset + ip.packet.length));
  const whole = new Uint8Array(total);
  whole.set(normalPacket(first).subarray(0, first.upper));
  for (const { packet, upper, fragmentOffset } of pieces) whole.set(packet.subarray(upper), upper + fragmentOffset);
  whole[v4.totalLengthAt] = total >>> 8;
  whole[v4.totalLengthAt + 1] = total;
  whole[v4.fragmentAt] = 0;
  whole[v4.fragmentAt + 1] = 0;
  return whole;
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

function judgeLoss(promised: PromiseOf<'error' | 'dropped'>, visit: Visit): string[] {
  const lost = endingsOf(visit).filter(({ ending }) => ending.kind === 'dropped');
  const [first] = lost;
  if (lost.length !== 1 || first === undefined) return [`${lost.length} frames were dropped, one is due`];
  const where = `${first.visit.router} (${first.ending.reason})`;
  const due = `${promised.router} (${promised.reason})`;
  return where === due ? [] : [`dropped at ${where} instead of ${due}`];
}

function judgeError(promised: PromiseOf<'error'>, probe: Probe, visit: Visit): string[] {
  const [error, ...more] = deliveries(visit);
  if (error === undefined || more.length > 0) return [`${more.length + (error ? 1 : 0)} frames came out, one is due`];
  const ip = viewFrame(error.frame.bytes).ip;
  const told = ip && viewIcmpError(ip);
  const sent = viewFrame(Uint8Array.from(probe.bytes)).ip;
  if (ip === undefined || told === undefined || sent === undefined) return ['what came out is no ICMP error'];
  return [
    ...(error.site === probe.from ? [] : [`the error went to ${error.site}`]),
    ...(promised.from.includes(ip.from) ? [] : [`the error is from ${ip.from}, ${promised.from.join(' or ')} due`]),
    ...(ip.to === sent.from && told.about.to === sent.to ? [] : ['the error is about another packet']),
    ...(told.mtu === (promised.mtu ?? 0) ? [] : [`the error says mtu ${told.mtu}, ${promised.mtu} due`]),
    ...(matches(
      told.labels.map((each) => each.label),
      promised.labels ?? [],
    )
      ? []
      : ['the error shows other labels']),
  ];
}

export function matches(labels: readonly number[], due: LabelStack): boolean {
  const fits = (label: number, expected: number | 'entropy' | undefined) =>
    expected === 'entropy' ? label >= 16 : label === expected;
  return labels.length === due.length && labels.every((label, i) => fits(label, due[i]));
}

function judgeAnswer(promised: PromiseOf<'answered'>, probe: Probe, visit: Visit): string[] {
  const punt = visit.endings.find(({ kind }) => kind === 'punted');
  const answers = deliveries(visit);
  return [
    ...(visit.router === promised.router && punt?.reason === promised.reason
      ? []
      : [`not punted as ${promised.reason}`]),
    ...(answers.length === 1 && answers[0]?.site === probe.from ? [] : ['no answer came back']),
  ];
}

/** What is wrong with how flows share the parallel links: torn ones, or a link that nobody takes. */
export function judgeSpread(spreads: readonly Spread[]): string[] {
  const used = spreads.filter(({ a, b, torn }) => a + b + torn > 0);
  return used.flatMap(({ from, a, b, torn }) => [
    ...(torn === 0 ? [] : [`${from}: ${torn} flows took both links`]),
    ...(a > 0 && b > 0 ? [] : [`${from}: every flow took the same link`]),
  ]);
}

// --- isolation ---------------------------------------------------------------------------------------------------

const owner = (site: SiteName): string => site.split(' ')[0] as string;

/** Red hears from red and from the Internet, blue from blue, whatever the promises say. */
function mayReach(from: SiteName, to: SiteName): boolean {
  const pair = [owner(from), owner(to)].sort().join(' ');
  return owner(from) === owner(to) || pair === 'internet red';
}

/** Marks of the payload as well: even a frame that took a wrong turn unseen says whose it is. */
function judgeDeliveries({ from }: Probe, visit: Visit): string[] {
  return deliveries(visit).flatMap(({ site, frame }) => {
    const content = Buffer.from(frame.bytes).toString('latin1');
    const stranger = siteNames.find((name) => content.includes(siteOf(name).mark) && !mayReach(name, site));
    return [
      ...(mayReach(from, site) ? [] : [`LEAK: came out at ${site}`]),
      ...(stranger === undefined ? [] : [`LEAK: ${site} got a packet marked ${siteOf(stranger).mark}`]),
    ];
  });
}
