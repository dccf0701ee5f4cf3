// Layer 2 customers and the provider between them: three PEs and a P, every one of them a `shimline run` in a namespace of
// its own. Links of the core take 9200 bytes, those of the wire 9000.
//
//   wire1 ── PE1                        PE2 ── wire2      a VPWS: 10.9.0.0/24, 2001:db8:9::/64
//   lan1 ─── PE1 ═══════╗   ╔═══════════PE2 ── lan2       a VPLS: 10.8.0.0/24, 2001:db8:8::/64
//   other1 ─ PE1        ╠═P═╣           PE2 ── other2     another customer's VPLS, with the same addresses
//                           ║           PE3 ── lan3
//                           ╚═══════════PE3 ── vrf        10.7.0.0/24: what the LAN reaches by its gateway 10.8.0.254
//
//   PE2's bridge `ring` has a host and both ends of one cable: the loop that a customer made.
import type { Lab, Namespace } from './lab.ts';
import { type RunningShimline, startShimline } from './shimline.ts';

/** Broadcast and unknown frames a second that each end of the loop may flood. */
export const stormRate = 20;

const pe1 = `
router: {name: pe1, id: 192.0.2.1}
interfaces:
  core: {device: {afpacket: core}, mtu: 9200, mpls: true, addresses: [172.31.1.1/30]}
  wire: {device: {afpacket: wire}, mtu: 9000}
  lan: {device: {afpacket: lan}}
  other: {device: {afpacket: other}}
routes:
  - {prefix: 192.0.2.2/32, via: 172.31.1.2, labels: [16002]}
  - {prefix: 192.0.2.3/32, via: 172.31.1.2, labels: [16003]}
pseudowires:
  wire: {peer: 192.0.2.2, localLabel: 25012, remoteLabel: 25021, mtu: 9000, flowLabel: true, sequencing: true}
  lan-2: {peer: 192.0.2.2, localLabel: 26012, remoteLabel: 26021}
  lan-3: {peer: 192.0.2.3, localLabel: 26013, remoteLabel: 26031}
  other-2: {peer: 192.0.2.2, localLabel: 27012, remoteLabel: 27021, controlWord: false, type: ethernet-vlan}
xconnects: [[wire, {pseudowire: wire}]]
bridges:
  lan: {interfaces: [lan], pseudowires: [lan-2, lan-3]}
  other: {interfaces: [other], pseudowires: [other-2]}
`;

const p = `
router: {name: p, id: 192.0.2.9}
interfaces:
  to-pe1: {device: {afpacket: to-pe1}, mtu: 9200, mpls: true, addresses: [172.31.1.2/30]}
  to-pe2: {device: {afpacket: to-pe2}, mtu: 9200, mpls: true, addresses: [172.31.2.2/30]}
  to-pe3: {device: {afpacket: to-pe3}, mtu: 9200, mpls: true, addresses: [172.31.3.2/30]}
labels:
  - {label: 16001, via: 172.31.1.1, labels: []}
  - {label: 16002, via: 172.31.2.1, labels: []}
  - {label: 16003, via: 172.31.3.1, labels: []}
`;

const pe2 = `
router: {name: pe2, id: 192.0.2.2}
interfaces:
  core: {device: {afpacket: core}, mtu: 9200, mpls: true, addresses: [172.31.2.1/30]}
  wire: {device: {afpacket: wire}, mtu: 9000}
  lan: {device: {afpacket: lan}}
  other: {device: {afpacket: other}}
  ring: {device: {afpacket: ring}}
  ring-a: {device: {afpacket: ring-a}}
  ring-b: {device: {afpacket: ring-b}}
routes:
  - {prefix: 192.0.2.1/32, via: 172.31.2.2, labels: [16001]}
  - {prefix: 192.0.2.3/32, via: 172.31.2.2, labels: [16003]}
pseudowires:
  wire: {peer: 192.0.2.1, localLabel: 25021, remoteLabel: 25012, mtu: 9000, flowLabel: true, sequencing: true}
  lan-1: {peer: 192.0.2.1, localLabel: 26021, remoteLabel: 26012}
  lan-3: {peer: 192.0.2.3, localLabel: 26023, remoteLabel: 26032}
  other-1: {peer: 192.0.2.1, localLabel: 27021, remoteLabel: 27012, controlWord: false, type: ethernet-vlan}
xconnects: [[wire, {pseudowire: wire}]]
bridges:
  lan: {interfaces: [lan], pseudowires: [lan-1, lan-3]}
  other: {interfaces: [other], pseudowires: [other-1]}
  ring:
    interfaces:
      - ring
      - {interface: ring-a, storm: {broadcast: ${stormRate}, unknown: ${stormRate}, multicast: ${stormRate}}}
      - {interface: ring-b, storm: {broadcast: ${stormRate}, unknown: ${stormRate}, multicast: ${stormRate}}}
`;

export const pe3 = `
router: {name: pe3, id: 192.0.2.3}
interfaces:
  core: {device: {afpacket: core}, mtu: 9200, mpls: true, addresses: [172.31.3.1/30]}
  lan: {device: {afpacket: lan}}
  gateway: {bridge: lan, vrf: red, addresses: [10.8.0.254/24, "2001:db8:8::fe/64"]}
  vrf: {device: {afpacket: vrf}, vrf: red, addresses: [10.7.0.1/24]}
vrfs:
  red: {label: 24001}
routes:
  - {prefix: 192.0.2.1/32, via: 172.31.3.2, labels: [16001]}
  - {prefix: 192.0.2.2/32, via: 172.31.3.2, labels: [16002]}
pseudowires:
  lan-1: {peer: 192.0.2.1, localLabel: 26031, remoteLabel: 26013}
  lan-2: {peer: 192.0.2.2, localLabel: 26032, remoteLabel: 26023}
bridges:
  lan: {interfaces: [lan], pseudowires: [lan-1, lan-2]}
`;

const hostNames = ['wire1', 'wire2', 'lan1', 'lan2', 'lan3', 'other1', 'other2', 'ring', 'vrf'] as const;
const routerNames = ['pe1', 'p', 'pe2', 'pe3'] as const;
const texts = { pe1, p, pe2, pe3 };

export interface Layer2Backbone {
  readonly hosts: Readonly<Record<(typeof hostNames)[number], Namespace>>;
  readonly places: Readonly<Record<(typeof routerNames)[number], Namespace>>;
}

/** Hosts, cables and namespaces; the routers are not running yet. */
export function buildLayer2(lab: Lab): Layer2Backbone {
  const hosts = Object.fromEntries(
    hostNames.map((name) => [name, lab.host(name)]),
  ) as unknown as Layer2Backbone['hosts'];
  const places = Object.fromEntries(
    routerNames.map((name) => [name, lab.router(name)]),
  ) as unknown as Layer2Backbone['places'];
  const { pe1: first, pe2: second, pe3: third } = places;
  for (const [name, place] of Object.entries({ 'to-pe1': first, 'to-pe2': second, 'to-pe3': third })) {
    lab.cable({ in: places.p, name, mtu: 9200 }, { in: place, name: 'core', mtu: 9200 });
  }
  const site = (host: keyof typeof hosts, router: Namespace, port: string, addresses: string[], mtu = 1500) =>
    lab.cable({ in: hosts[host], name: 'eth0', addresses, mtu }, { in: router, name: port, mtu });
  site('wire1', first, 'wire', ['10.9.0.1/24', '2001:db8:9::1/64'], 9000);
  site('wire2', second, 'wire', ['10.9.0.2/24', '2001:db8:9::2/64'], 9000);
  for (const [i, router] of [first, second, third].entries()) {
    site(`lan${(i + 1) as 1 | 2 | 3}`, router, 'lan', [`10.8.0.${i + 1}/24`, `2001:db8:8::${i + 1}/64`]);
  }
  site('other1', first, 'other', ['10.8.0.1/24']);
  site('other2', second, 'other', ['10.8.0.2/24']);
  site('ring', second, 'ring', ['10.6.0.1/24']);
  site('vrf', third, 'vrf', ['10.7.0.2/24']);
  hosts.vrf.ip('route add default via 10.7.0.1');
  hosts.lan1.ip('route add 10.7.0.0/24 via 10.8.0.254');
  return { hosts, places };
}

/** Joins the two ports of PE2's bridge. */
export function closeRing(lab: Lab, { places: { pe2: place } }: Layer2Backbone): void {
  lab.cable({ in: place, name: 'ring-a' }, { in: place, name: 'ring-b' });
}

export type Layer2Routers = Readonly<Record<(typeof routerNames)[number], RunningShimline>>;

/** The four routers, forwarding. */
export async function startLayer2(lab: Lab, { places }: Layer2Backbone): Promise<Layer2Routers> {
  const started = await Promise.all(routerNames.map((name) => startShimline(lab, places[name], texts[name], { name })));
  return Object.fromEntries(routerNames.map((name, i) => [name, started[i]])) as unknown as Layer2Routers;
}
