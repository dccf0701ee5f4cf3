// Two customers with the same addresses, two sites each, and the provider between them: PE1, P and PE2, every one of
// them a `shimline run` in a namespace of its own.
//
//   red1  ──┐                                                ┌── red2     10.1.0.0/24 and 10.2.0.0/24,
//           PE1 ══ 172.31.1.0/30 ══ P ══ 172.31.2.0/30 ══ PE2             2001:db8:a1::/64 and 2001:db8:a2::/64
//   blue1 ──┘                                                ├── blue2    the same addresses, and 10.66.0.1
//                                                            └── internet 203.0.113.2
//
// Every link has an mtu of 1500, so what has two labels on top can be 1492 bytes long.
import type { Lab, Namespace } from './lab.ts';
import { type RunningShimline, startShimline } from './shimline.ts';

const pe1 = `
router: {name: pe1, id: 192.0.2.1, id6: 2001:db8::1}
interfaces:
  ce-red: {device: {afpacket: ce-red}, vrf: red, addresses: [10.1.0.1/24, "2001:db8:a1::1/64"], urpf: strict}
  ce-blue: {device: {afpacket: ce-blue}, vrf: blue, addresses: [10.1.0.1/24, "2001:db8:a1::1/64"], urpf: strict}
  core: {device: {afpacket: core}, mpls: true, addresses: [172.31.1.1/30]}
vrfs:
  red: {rd: "65000:1", import: ["65000:1"], export: ["65000:1"], label: 24101}
  blue: {rd: "65000:2", import: ["65000:2"], export: ["65000:2"], label: 24102}
routes:
  - {prefix: 192.0.2.2/32, via: 172.31.1.2, labels: [16002]}
  - {prefix: 0.0.0.0/0, via: 192.0.2.2}
  - {prefix: 198.51.100.0/24, table: red}
  # Red's public addresses are at this site.
  - {vrf: red, prefix: 198.51.100.0/24, via: 10.1.0.2}
  - {vrf: red, prefix: 10.2.0.0/24, via: 192.0.2.2, labels: [24201]}
  - {vrf: red, prefix: "2001:db8:a2::/64", via: 192.0.2.2, labels: [24201]}
  # Internet access leads through the global table, which knows the core: so the core is closed first.
  - {vrf: red, prefix: 172.31.0.0/16, drop: true}
  - {vrf: red, prefix: 192.0.2.0/24, drop: true}
  - {vrf: red, prefix: 0.0.0.0/0, table: global}
  - {vrf: blue, prefix: 10.2.0.0/24, via: 192.0.2.2, labels: [24202]}
  - {vrf: blue, prefix: 10.66.0.0/24, via: 192.0.2.2, labels: [24202]}
  - {vrf: blue, prefix: "2001:db8:a2::/64", via: 192.0.2.2, labels: [24202]}
`;

const p = `
router: {name: p, id: 192.0.2.9, id6: 2001:db8::9}
interfaces:
  to-pe1: {device: {afpacket: to-pe1}, mpls: true, addresses: [172.31.1.2/30]}
  to-pe2: {device: {afpacket: to-pe2}, mpls: true, addresses: [172.31.2.1/30]}
labels:
  # The penultimate hop pops towards PE2; PE1 has asked for explicit null.
  - {label: 16002, via: 172.31.2.2, labels: []}
  - {label: 16001, via: 172.31.1.1, labels: [0]}
`;

const pe2 = `
router: {name: pe2, id: 192.0.2.2, id6: 2001:db8::2}
interfaces:
  ce-red: {device: {afpacket: ce-red}, vrf: red, addresses: [10.2.0.1/24, "2001:db8:a2::1/64"], urpf: strict}
  ce-blue: {device: {afpacket: ce-blue}, vrf: blue, addresses: [10.2.0.1/24, "2001:db8:a2::1/64"]}
  internet: {device: {afpacket: internet}, addresses: [203.0.113.1/24]}
  core: {device: {afpacket: core}, mpls: true, addresses: [172.31.2.2/30]}
vrfs:
  red: {rd: "65000:1", import: ["65000:1"], export: ["65000:1"], label: 24201}
  blue: {rd: "65000:2", import: ["65000:2"], export: ["65000:2"], label: 24202}
routes:
  - {prefix: 192.0.2.1/32, via: 172.31.2.1, labels: [16001]}
  - {prefix: 198.51.100.0/24, via: 192.0.2.1}
  - {prefix: 10.0.0.0/8, drop: true}
  - {vrf: red, prefix: 10.1.0.0/24, via: 192.0.2.1, labels: [24101]}
  - {vrf: red, prefix: "2001:db8:a1::/64", via: 192.0.2.1, labels: [24101]}
  - {vrf: blue, prefix: 10.1.0.0/24, via: 192.0.2.1, labels: [24102]}
  - {vrf: blue, prefix: "2001:db8:a1::/64", via: 192.0.2.1, labels: [24102]}
  - {vrf: blue, prefix: 10.66.0.0/24, via: 10.2.0.2}
`;

const hostNames = ['red1', 'blue1', 'red2', 'blue2', 'internet'] as const;
const routerNames = ['pe1', 'p', 'pe2'] as const;

type Hosts = Readonly<Record<(typeof hostNames)[number], Namespace>>;
type RouterNamespaces = Readonly<Record<(typeof routerNames)[number], Namespace>>;
type Routers = Readonly<Record<(typeof routerNames)[number], RunningShimline>>;

export interface Backbone {
  readonly hosts: Hosts;
  readonly places: RouterNamespaces;
}

function site(lab: Lab, host: Namespace, router: Namespace, link: string, number: 1 | 2): void {
  const v4 = `10.${number}.0`;
  const v6 = `2001:db8:a${number}:`;
  lab.cable({ in: host, name: 'eth0', addresses: [`${v4}.2/24`, `${v6}:2/64`] }, { in: router, name: link });
  host.ip(`route add default via ${v4}.1`, `route add default via ${v6}:1`);
}

/** Hosts, cables and namespaces; the routers are not running yet. */
export function buildBackbone(lab: Lab): Backbone {
  const hosts = Object.fromEntries(hostNames.map((name) => [name, lab.host(name)])) as unknown as Hosts;
  const places = Object.fromEntries(routerNames.map((name) => [name, lab.router(name)])) as unknown as RouterNamespaces;
  lab.cable({ in: places.pe1, name: 'core' }, { in: places.p, name: 'to-pe1' });
  lab.cable({ in: places.p, name: 'to-pe2' }, { in: places.pe2, name: 'core' });
  site(lab, hosts.red1, places.pe1, 'ce-red', 1);
  site(lab, hosts.blue1, places.pe1, 'ce-blue', 1);
  site(lab, hosts.red2, places.pe2, 'ce-red', 2);
  site(lab, hosts.blue2, places.pe2, 'ce-blue', 2);
  lab.cable({ in: hosts.internet, name: 'eth0', addresses: ['203.0.113.2/24'] }, { in: places.pe2, name: 'internet' });
  hosts.internet.ip('route add default via 203.0.113.1');
  hosts.red1.ip('addr add 198.51.100.1/32 dev lo');
  hosts.blue2.ip('addr add 10.66.0.1/32 dev lo');
  return { hosts, places };
}

/** The three routers, forwarding. */
export async function startRouters(lab: Lab, { places }: Backbone): Promise<Routers> {
  const [first, second, third] = await Promise.all([
    startShimline(lab, places.pe1, pe1, { name: 'pe1' }),
    startShimline(lab, places.p, p, { name: 'p' }),
    startShimline(lab, places.pe2, pe2, { name: 'pe2' }),
  ]);
  return { pe1: first, p: second, pe2: third };
}
