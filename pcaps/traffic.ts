// What the customers of the lab send, packet by packet, and what the routers promise to do with each. The generator
// writes the packets into captures; the demo and the tests hold the routers to the promises.
import type { DropName, PuntName } from '../src/engine/reasons.ts';
import {
  arpRequest,
  type Bytes,
  type CapturedFrame,
  echoReply,
  echoRequest,
  ethernet,
  etherType,
  type IpHeader,
  type Link,
  mpls,
  neighborSolicitation,
  packet,
  portUnreachable,
  solicitedNodeMac,
  tcp,
  text,
  udp,
} from './build.ts';
import { type RouterName, type SiteName, siteNames, siteOf } from './lab.ts';

/** Labels, top first; an entropy label is what the flow's hash makes it. */
export type LabelStack = readonly (number | 'entropy')[];

/** How a packet must end. */
export type Promised =
  /** Unchanged but for `hops` taken off its TTL, or as fragments. */
  | { readonly kind: 'arrives'; readonly at: SiteName; readonly hops: number; readonly fragments?: number }
  /** Dropped, and an ICMP error comes back; `labels`: the arriving stack that the error shows (RFC 4950). */
  | {
      readonly kind: 'error';
      readonly router: RouterName;
      readonly reason: DropName;
      /** Who signs the error; where the flow's hash chooses the link, one of several. */
      readonly from: readonly string[];
      readonly labels?: LabelStack;
      readonly mtu?: number;
    }
  /** For the router itself, which answers. */
  | { readonly kind: 'answered'; readonly router: RouterName; readonly reason: PuntName }
  /** Dropped without a word. */
  | { readonly kind: 'dropped'; readonly router: RouterName; readonly reason: DropName };

/** The packets of which the demo tells the story. */
export type Highlight =
  | 'red voice'
  | 'blue ping'
  | 'red ping6'
  | 'red traceroute'
  | 'too big'
  | 'web answer'
  | 'attack';

export interface Probe extends CapturedFrame {
  readonly from: SiteName;
  readonly says: string;
  readonly promised: Promised;
  readonly highlight?: Highlight | undefined;
}

/** Hosts. Red and blue have the same ones. */
export const host = { one: '10.1.0.10', two: '10.2.0.20', one6: '2001:db8:a1::10', two6: '2001:db8:a2::20' } as const;
export const publicHost = '198.51.100.10';
export const webServer = '203.0.113.80';
/** Loopbacks and first addresses that sign ICMP errors. */
export const signs = { pe1: '10.1.255.1', p: '192.0.2.9', pe2: '192.0.2.2' } as const;

/** Noon, 1 March 2025, UTC. */
const startSeconds = 1_740_830_400;
const roundTrip = 20_000;
const expeditedForwarding = 46;
/** Flows per customer and direction for the parallel links. */
export const flowCount = 12;

export const toSite = (at: SiteName, hops = 3): Promised => ({ kind: 'arrives', at, hops });

class Traffic {
  readonly probes: Probe[] = [];

  /** A frame from a site, `milliseconds` into the capture. */
  frame(from: SiteName, milliseconds: number, says: string, bytes: Bytes, promised: Promised, highlight?: Highlight) {
    const time = startSeconds * 1e6 + Math.round(milliseconds * 1000);
    this.probes.push({ from, time, says, bytes, promised, highlight });
  }

  /** An IP packet from a site's router to the provider's. */
  ip(
    from: SiteName,
    milliseconds: number,
    says: string,
    ipPacket: Bytes,
    promised: Promised,
    highlight?: Highlight,
  ): Bytes {
    this.frame(from, milliseconds, says, ethernet(uplink(from), ipPacket), promised, highlight);
    return ipPacket;
  }
}

function uplink(from: SiteName): Link {
  const { peMac, ceMac, vlan } = siteOf(from);
  return { to: peMac, from: ceMac, vlan };
}

/** A payload that says whose it is, and what. */
const marked = (from: SiteName, what: string, count = 40): Bytes => text(`${siteOf(from).mark} ${what} `, count);

/** The customer's routers look for the provider's, and red pings its gateway. */
function neighbours(traffic: Traffic): void {
  const { ceMac } = siteOf('red site 1');
  const ask = ethernet(
    { to: 'ff:ff:ff:ff:ff:ff', from: ceMac },
    arpRequest(ceMac, '10.1.255.2', '10.1.255.1'),
    etherType.arp,
  );
  traffic.frame('red site 1', 0, 'ARP for the gateway', ask, { kind: 'answered', router: 'pe1', reason: 'arp' });
  const [own, gateway] = ['2001:db8:a1:ffff::2', '2001:db8:a1:ffff::1'];
  const link = { to: solicitedNodeMac(gateway), from: ceMac };
  const solicit = ethernet(link, neighborSolicitation(ceMac, own, gateway));
  traffic.frame('red site 1', 10, 'neighbour discovery', solicit, { kind: 'answered', router: 'pe1', reason: 'nd' });
  const ping = packet({ from: '10.1.255.2', to: '10.1.255.1' }, echoRequest(1, 1, marked('red site 1', 'gateway')));
  traffic.ip('red site 1', 20, 'ping of the gateway', ping, { kind: 'answered', router: 'pe1', reason: 'local' });
}

/** Two customers, one pair of addresses, and IPv6 beside it. */
function pings(traffic: Traffic): void {
  for (const [color, offset] of [
    ['red', 0],
    ['blue', 1],
  ] as const) {
    const [here, there] = [`${color} site 1`, `${color} site 2`] as const;
    for (let n = 1; n <= 2; n++) {
      const at = 1000 + n * 100 + offset;
      const body = marked(here, `ping ${n}`);
      const ask = packet({ from: host.one, to: host.two, id: n }, echoRequest(7, n, body));
      const highlight = color === 'blue' && n === 1 ? 'blue ping' : undefined;
      traffic.ip(here, at, `ping ${host.two}`, ask, toSite(there, color === 'red' ? 3 : 2), highlight);
      const answer = packet({ from: host.two, to: host.one, id: n }, echoReply(7, n, body));
      traffic.ip(there, at + roundTrip / 1000, 'answer', answer, toSite(here, color === 'red' ? 3 : 2));
    }
  }
  const body = marked('red site 1', 'ping6');
  const ask = packet({ from: host.one6, to: host.two6 }, echoRequest(8, 1, body));
  traffic.ip('red site 1', 1300, `ping ${host.two6}`, ask, toSite('red site 2'), 'red ping6');
  const answer = packet({ from: host.two6, to: host.one6 }, echoReply(8, 1, body));
  traffic.ip('red site 2', 1320, 'answer', answer, toSite('red site 1'));
}

/** A call, marked for priority. */
function voice(traffic: Traffic): void {
  for (let n = 1; n <= 3; n++) {
    const header = { dscp: expeditedForwarding, id: 100 + n };
    const there = packet(
      { ...header, from: host.one, to: host.two },
      udp(40_000, 40_002, marked('red site 1', `voice ${n}`, 160)),
    );
    const highlight = n === 1 ? 'red voice' : undefined;
    traffic.ip('red site 1', 2000 + n * 20, 'voice, DSCP EF', there, toSite('red site 2'), highlight);
    const back = packet(
      { ...header, from: host.two, to: host.one },
      udp(40_002, 40_000, marked('red site 2', `voice ${n}`, 160)),
    );
    traffic.ip('red site 2', 2005 + n * 20, 'voice, DSCP EF', back, toSite('red site 1'));
  }
}

/** One probe of a traceroute; a host answers the one that reaches it. */
function traceroute(
  traffic: Traffic,
  at: number,
  from: SiteName,
  header: IpHeader,
  promised: readonly Promised[],
): void {
  for (const [i, promise] of promised.entries()) {
    const ttl = i + 1;
    const body = udp(33_000, 33_434 + i, marked(from, `traceroute ${ttl}`));
    const highlight = header.to === host.two && from === 'red site 1' && ttl === 2 ? 'red traceroute' : undefined;
    const probe = packet({ ...header, ttl, id: 200 + ttl }, body);
    traffic.ip(from, at + i * 50, `traceroute ${header.to} ttl ${ttl}`, probe, promise, highlight);
    if (promise.kind !== 'arrives' || promise.at === 'internet') continue;
    // As the host sees it: the TTL at 1.
    const seen = packet({ ...header, ttl: ttl - promise.hops, id: 200 + ttl }, body);
    const answer = packet({ from: header.to, to: header.from }, portUnreachable(seen));
    traffic.ip(promise.at, at + i * 50 + 10, 'port unreachable', answer, toSite(from, promise.hops));
  }
}

function expired(router: RouterName, from: string | readonly string[], labels?: LabelStack): Promised {
  return { kind: 'error', router, reason: 'ttl-expired', from: [from].flat(), ...(labels && { labels }) };
}

/** The core shows itself to red (uniform), hides from blue (pipe). */
function traceroutes(traffic: Traffic): void {
  traceroute(traffic, 3000, 'red site 1', { from: host.one, to: host.two }, [
    expired('pe1', signs.pe1),
    expired('p', signs.p, [16002, 24201]),
    expired('pe2', signs.pe2, [24201]),
    toSite('red site 2'),
  ]);
  traceroute(traffic, 3500, 'blue site 1', { from: host.one, to: host.two }, [
    expired('pe1', signs.pe1),
    expired('pe2', signs.pe2, [24202, 7, 'entropy']),
    toSite('blue site 2', 2),
  ]);
  traceroute(traffic, 4000, 'red site 1', { from: host.one6, to: host.two6 }, [
    expired('pe1', '2001:db8:a1:ffff::1'),
    expired('p', '2001:db8::9', [16002, 24201]),
    expired('pe2', '2001:db8::2', [24201]),
    toSite('red site 2'),
  ]);
  traceroute(traffic, 4500, 'red site 1', { from: publicHost, to: webServer }, [
    expired('pe1', signs.pe1),
    expired('p', signs.p, [16002]),
    expired('pe2', ['172.31.2.2', '172.31.2.6']),
    toSite('internet'),
  ]);
}

/** Many flows, two packets of each: the parallel links share them, and no flow is torn apart. */
function manyFlows(traffic: Traffic): void {
  for (const color of ['red', 'blue'] as const) {
    const hops = color === 'red' ? 3 : 2;
    const [one, two] = [`${color} site 1`, `${color} site 2`] as const;
    for (let i = 0; i < flowCount * 2; i++) {
      const flow = i % flowCount;
      const at = 5000 + i * 10 + (color === 'red' ? 0 : 1);
      const there = udp(50_000 + flow, 6000, marked(one, `flow ${flow}`));
      traffic.ip(one, at, `flow ${flow}`, packet({ from: host.one, to: host.two }, there), toSite(two, hops));
      const back = udp(6000, 50_000 + flow, marked(two, `flow ${flow}`));
      traffic.ip(two, at + 3, `flow ${flow}`, packet({ from: host.two, to: host.one }, back), toSite(one, hops));
    }
  }
}

/** 1500 bytes, the most that fits an Ethernet, and two links without room for a label. */
function bigPackets(traffic: Traffic): void {
  const full = (from: SiteName, header: IpHeader): Bytes =>
    packet(header, udp(7000, 7000, marked(from, 'big', 1500 - 8 - (header.from.includes(':') ? 40 : 20))));
  const forward = { from: host.one, to: host.two };
  const error = { kind: 'error', reason: 'too-big' } as const;
  const atP: Promised = { ...error, router: 'p', from: [signs.p], labels: [16002, 24201], mtu: 1496 };
  const df = full('red site 1', { ...forward, id: 301, dontFragment: true });
  traffic.ip('red site 1', 6000, '1500 bytes, DF', df, atP, 'too big');
  const whole = full('red site 1', { ...forward, id: 302 });
  traffic.ip('red site 1', 6100, '1500 bytes', whole, { ...toSite('red site 2'), fragments: 2 } as Promised);
  const whole6 = full('red site 1', { from: host.one6, to: host.two6 });
  const atP6: Promised = { ...error, router: 'p', from: ['2001:db8::9'], mtu: 1496 };
  traffic.ip('red site 1', 6200, '1500 bytes, IPv6', whole6, atP6);
  const back = full('red site 2', { from: host.two, to: host.one, id: 303, dontFragment: true });
  const atPe2: Promised = { ...error, router: 'pe2', from: ['10.2.255.1'], mtu: 1492 };
  traffic.ip('red site 2', 6300, '1500 bytes, DF', back, atPe2);
}

/** Red's way out through the global table, and back. */
function internet(traffic: Traffic): void {
  const out = { from: publicHost, to: webServer };
  const back = { from: webServer, to: publicHost };
  const syn = packet(out, tcp({ from: 51_000, to: 443, sequence: 1000, syn: true }));
  traffic.ip('red site 1', 7000, 'TCP SYN to a web server', syn, toSite('internet'));
  const synAck = packet(back, tcp({ from: 443, to: 51_000, sequence: 9000, acknowledge: 1001, syn: true }));
  traffic.ip('internet', 7015, 'TCP SYN, ACK', synAck, toSite('red site 1'), 'web answer');
  const ack = packet(out, tcp({ from: 51_000, to: 443, sequence: 1001, acknowledge: 9001 }));
  traffic.ip('red site 1', 7030, 'TCP ACK', ack, toSite('internet'));
}

/** What must not get through: from customers, and from the Internet. */
function strangers(traffic: Traffic): void {
  const simple = (from: string, to: string, mark: string): Bytes =>
    packet({ from, to }, udp(9000, 9000, text(`${mark} stray `, 40)));
  const blackhole: Promised = { kind: 'dropped', router: 'pe2', reason: 'blackhole' };
  traffic.ip('internet', 8000, `for ${host.one}`, simple(webServer, host.one, '[web]'), blackhole);
  const forged = mpls([{ label: 24201 }], simple(webServer, host.two, '[web]'));
  traffic.frame(
    'internet',
    8100,
    "a label of red's",
    ethernet(uplink('internet'), forged, etherType.mpls),
    {
      kind: 'dropped',
      router: 'pe2',
      reason: 'mpls-off',
    },
    'attack',
  );
  const noRoute: Promised = { kind: 'error', router: 'pe1', reason: 'no-route', from: [signs.pe1] };
  traffic.ip('blue site 1', 8200, `for ${webServer}`, simple(host.one, webServer, '[blue]'), noRoute);
  const urpf: Promised = { kind: 'dropped', router: 'pe1', reason: 'urpf' };
  traffic.ip('red site 1', 8300, "a source that is not red's", simple('192.0.2.66', host.two, '[red]'), urpf);
}

/** Everything that arrives from the sites, in order of time. */
export function labTraffic(): readonly Probe[] {
  const traffic = new Traffic();
  for (const add of [neighbours, pings, voice, traceroutes, manyFlows, bigPackets, internet, strangers]) add(traffic);
  return traffic.probes.sort((a, b) => a.time - b.time || siteNames.indexOf(a.from) - siteNames.indexOf(b.from));
}
