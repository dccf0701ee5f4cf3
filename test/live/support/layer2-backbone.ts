// Layer 2 customers and the provider between them: three PEs and a P, every one of them a `shimline run` in a namespace of
// its own. Links of the core take 9200 bytes, those of the wire 9000.
//
//   wire1 ── PE1                        PE2 ── wire2      a VPWS: 10.9.0.0/24, 2001:db8:9::/64
//   lan1 ─── PE1 ═══════╗   ╔═══════════PE2 ── lan2       a VPLS: 10.8.0.0/24, 2001:db8:8::/64
//   other1 ─ PE1        ╠═P═╣           PE2 ── other2     another customer's VPLS, with the same addresses
//   dual1 ── PE1            ║           PE2 ── dual2      a VPWS with a backup: dual2 is at PE2 and at PE3
//                           ║           PE3 ── dual2
//                           ║           PE3 ── lan3
//                           ╚═══════════PE3 ── vrf        10.7.0.0/24: what the LAN reaches by its gateway 10.8.0.254
//
//   vpn1 ─── PE1                        PE2 ── vpn2       for contrast a layer 3 VPN: 10.21.1.0/30, 10.21.2.0/30; the PEs'
//                                                         ends are in the namespaces `control1` and `control2`
//
//   PE2's bridge `ring` has a host and both ends of one cable: the loop that a customer made.
import type { Lab, Namespace } from './lab.ts';
import { type RunningShimline, startShimline } from './shimline.ts';

/** Broadcast and unknown frames a second that each end of the loop may flood. */
export const stormRate = 20;

/** A line of PE1: without it there is no LSP to the primary of the pseudowires of dual1. */
export const lspToDual = '  - {prefix: 192.0.2.22/32, via: 172.31.1.2, labels: [16002]}';

/** `control`: the namespace of the control port. */
export const pe1 = (control: string): string => `
router: {name: pe1, id: 192.0.2.1}
interfaces:
  core: {device: {afpacket: core}, mtu: 9200, mpls: true, addresses: [172.31.1.1/30]}
  wire: {device: {afpacket: wire}, mtu: 9000}
  lan: {device: {afpacket: lan}}
  other: {device: {afpacket: other}}
  dual: {device: {afpacket: dual}}
  vpn: {device: {afpacket: vpn}, vrf: vpn, addresses: [10.21.1.1/30], controlPort: {name: cp-vpn, netns: ${control}}}
vrfs:
  vpn: {label: 24101}
routes:
  - {prefix: 192.0.2.2/32, via: 172.31.1.2, labels: [16002]}
${lspToDual}
  - {prefix: 192.0.2.3/32, via: 172.31.1.2, labels: [16003]}
  - {vrf: vpn, prefix: 10.21.2.0/30, via: 192.0.2.2, labels: [24102]}
pseudowires:
  wire: {peer: 192.0.2.2, localLabel: 25012, remoteLabel: 25021, mtu: 9000, flowLabel: true, sequencing: true}
  lan-2: {peer: 192.0.2.2, localLabel: 26012, remoteLabel: 26021}
  lan-3: {peer: 192.0.2.3, localLabel: 26013, remoteLabel: 26031}
  other-2: {peer: 192.0.2.2, localLabel: 27012, remoteLabel: 27021, controlWord: false, type: ethernet-vlan}
  dual-2: {peer: 192.0.2.22, localLabel: 28012, remoteLabel: 28021, backup: dual-3}
  dual-3: {peer: 192.0.2.3, localLabel: 28013, remoteLabel: 28031}
xconnects: [[wire, {pseudowire: wire}], [dual, {pseudowire: dual-2}]]
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

const pe2 = (control: string): string => `
router: {name: pe2, id: 192.0.2.2}
interfaces:
  core: {device: {afpacket: core}, mtu: 9200, mpls: true, addresses: [172.31.2.1/30]}
  wire: {device: {afpacket: wire}, mtu: 9000}
  lan: {device: {afpacket: lan}}
  other: {device: {afpacket: other}}
  dual: {device: {afpacket: dual}}
  vpn: {device: {afpacket: vpn}, vrf: vpn, addresses: [10.21.2.1/30], controlPort: {name: cp-vpn, netns: ${control}}}
  ring: {device: {afpacket: ring}}
  ring-a: {device: {afpacket: ring-a}}
  ring-b: {device: {afpacket: ring-b}}
vrfs:
  vpn: {label: 24102}
routes:
  - {vrf: vpn, prefix: 10.21.1.0/30, via: 192.0.2.1, labels: [24101]}
  - {prefix: 192.0.2.1/32, via: 172.31.2.2, labels: [16001]}
  - {prefix: 192.0.2.3/32, via: 172.31.2.2, labels: [16003]}
pseudowires:
  wire: {peer: 192.0.2.1, localLabel: 25021, remoteLabel: 25012, mtu: 9000, flowLabel: true, sequencing: true}
  lan-1: {peer: 192.0.2.1, localLabel: 26021, remoteLabel: 26012}
  lan-3: {peer: 192.0.2.3, localLabel: 26023, remoteLabel: 26032}
  other-1: {peer: 192.0.2.1, localLabel: 27021, remoteLabel: 27012, controlWord: false, type: ethernet-vlan}
  dual-1: {peer: 192.0.2.1, localLabel: 28021, remoteLabel: 28012}
xconnects: [[wire, {pseudowire: wire}], [dual, {pseudowire: dual-1}]]
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
  dual: {device: {afpacket: dual}}
vrfs:
  red: {label: 24001}
routes:
  - {prefix: 192.0.2.1/32, via: 172.31.3.2, labels: [16001]}
  - {prefix: 192.0.2.2/32, via: 172.31.3.2, labels: [16002]}
pseudowires:
  lan-1: {peer: 192.0.2.1, localLabel: 26031, remoteLabel: 26013}
  lan-2: {peer: 192.0.2.2, localLabel: 26032, remoteLabel: 26023}
  dual-1: {peer: 192.0.2.1, localLabel: 28031, remoteLabel: 28013}
xconnects: [[dual, {pseudowire: dual-1}]]
bridges:
  lan: {interfaces: [lan], pseudowires: [lan-1, lan-2]}
`;

const customerNames = ['wire1', 'wire2', 'lan1', 'lan2', 'lan3', 'other1', 'other2', 'ring', 'vrf'] as const;
const hostNames = [...customerNames, 'dual1', 'dual2', 'vpn1', 'vpn2', 'control1', 'control2'] as const;
const routerNames = ['pe1', 'p', 'pe2', 'pe3'] as const;

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
  site('dual1', first, 'dual', ['10.5.0.1/24']);
  site('dual2', second, 'dual', []);
  lab.cable({ in: hosts.dual2, name: 'eth1' }, { in: third, name: 'dual' });
  hosts.dual2.ip('link add br0 type bridge', 'link set eth0 master br0', 'link set eth1 master br0');
  hosts.dual2.ip('link set eth0 up', 'link set eth1 up', 'link set br0 up', 'addr add 10.5.0.2/24 dev br0');
  for (const [i, host] of [hosts.vpn1, hosts.vpn2].entries()) {
    site(`vpn${(i + 1) as 1 | 2}`, [first, second][i] as Namespace, 'vpn', [`10.21.${i + 1}.2/30`]);
    host.ip(`route add 10.21.0.0/16 via 10.21.${i + 1}.1`);
  }
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
export async function startLayer2(lab: Lab, { places, hosts }: Layer2Backbone): Promise<Layer2Routers> {
  const texts = { pe1: pe1(hosts.control1.name), p, pe2: pe2(hosts.control2.name), pe3 };
  const started = await Promise.all(
    routerNames.map((name) => {
      const args = ['--api', `unix:${lab.path(`${name}.sock`)}`];
      // PE3 has a follower, whose frames share the bridge with those of its lead.
      return startShimline(lab, places[name], texts[name], { name, args, workers: name === 'pe3' ? 2 : 1 });
    }),
  );
  return Object.fromEntries(routerNames.map((name, i) => [name, started[i]])) as unknown as Layer2Routers;
}
