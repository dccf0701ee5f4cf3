// A small router for end-to-end tests, and frames for each of its fates.
import { arp, type Bytes, eth, ipv4, labels, udp } from '../../support/frames.ts';

export const pe1 = `router: {name: pe1, id: 192.0.2.1}
interfaces:
  ce1: {mac: 02:00:00:00:01:01, vrf: red, addresses: [10.1.1.1/24]}
  ce2: {mac: 02:00:00:00:01:02}
  ce2.100: {vlan: 100, vrf: blue, addresses: [10.1.1.1/24]}
  core1: {mac: 02:00:00:00:01:0f, mtu: 9000, mpls: true, addresses: [10.0.12.1/30]}
vrfs:
  red: {rd: "65000:1", label: 24001}
  blue: {rd: "65000:2", label: 24011}
neighbors:
  - {interface: ce1, address: 10.1.1.2, mac: 02:00:00:00:a1:01}
  - {interface: ce2.100, address: 10.1.1.2, mac: 02:00:00:00:a2:01}
  - {interface: core1, address: 10.0.12.2, mac: 02:00:00:00:00:02}
routes:
  - {prefix: 192.0.2.2/32, via: 10.0.12.2, labels: [16002]}
  - {vrf: red, prefix: 10.2.0.0/16, via: 192.0.2.2, labels: [24012]}
  - {vrf: red, prefix: 10.9.0.0/16, drop: true}
`;

/** From ce1 into the backbone: two labels are pushed. */
export const toCore = (last = 9): Bytes => eth({ type: 0x0800 }, ipv4({ dst: `10.2.0.${last}` }, udp(1000, 2000)));
/** From ce1 to nowhere: no-route. */
export const lost: Bytes = eth({ type: 0x0800 }, ipv4({ dst: '172.16.0.1' }, udp(1000, 2000)));
/** From ce1: blackhole. */
export const blackholed: Bytes = eth({ type: 0x0800 }, ipv4({ dst: '10.9.0.1' }, udp(1000, 2000)));
/** From the backbone to the customer behind ce1: one label is popped. */
export const toCustomer: Bytes = eth({ dst: '02:00:00:00:01:0f', src: '02:00:00:00:00:02', type: 0x8847 }, [
  ...labels(24001),
  ...ipv4({ src: '10.2.0.9', dst: '10.1.1.2' }, udp(2000, 1000)),
]);
/** At ce1: a question for the router's own address, answered and punted. */
export const whoHas: Bytes = eth(
  { dst: 'ff:ff:ff:ff:ff:ff', type: 0x0806 },
  arp(1, '02:00:00:00:a1:01', '10.1.1.2', '00:00:00:00:00:00', '10.1.1.1'),
);
