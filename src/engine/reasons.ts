// Every way a frame can end other than by being sent: one table, one number and one sentence each.
// Counters, traces, metrics and docs/drop-reasons.md are made from it. Names are stable.

interface ReasonRow {
  readonly name: string;
  readonly text: string;
}

const drops = [
  {
    name: 'runt',
    text: 'Cut inside the Ethernet header, a VLAN tag that is needed, ARP, a control word or the Ethernet header beneath it.',
  },
  {
    name: 'unknown-vlan',
    text: 'The tags name no sub-interface of the port, or tags are left over on a routed interface.',
  },
  {
    name: 'not-for-us',
    text: "The destination MAC is another station's, or a labelled frame or unicast IP packet came under a group MAC (RFC 1812 section 5.3.4).",
  },
  {
    name: 'upstream-label',
    text: 'EtherType 0x8848, an upstream-assigned label (RFC 5332), which this router never hands out.',
  },
  { name: 'unknown-ethertype', text: 'A protocol that is not handled here, with `router.punt` off.' },
  { name: 'link-local', text: 'A frame that must not leave its link, such as PAUSE, on a bridge or cross-connect.' },
  { name: 'mpls-off', text: 'A labelled frame on an interface where `mpls` is off (RFC 4364 section 5).' },
  {
    name: 'bad-stack',
    text: 'The label stack has no bottom inside the frame, or special labels where they may not stand.',
  },
  {
    name: 'label-not-given',
    text: "A label that is not in the interface's `acceptLabels`: never given to this neighbour (RFC 4364 section 10).",
  },
  { name: 'reserved-label', text: 'A special-purpose label that may not be on the wire or is not handled (RFC 7274).' },
  { name: 'loop', text: 'The ninth label or table look-up for one frame.' },
  { name: 'no-label', text: 'The label map has no entry for the label.' },
  { name: 'blackhole', text: 'A route or label entry says `drop`.' },
  { name: 'bottom-expected', text: 'The label leads to IP or Ethernet, but more labels lie beneath it.' },
  {
    name: 'unknown-payload',
    text: "What lies beneath the last label is not of the kind that the label's entry calls for, or neither IPv4 nor IPv6.",
  },
  { name: 'ttl-expired', text: 'The TTL or hop limit of the label or packet ends here.' },
  { name: 'icmp-limited', text: 'An ICMP error made here, held back by the rate limit of `router.icmp`.' },
  { name: 'bad-ip-header', text: 'The IP version, header length or total length is wrong or does not fit the frame.' },
  { name: 'bad-checksum', text: 'The IPv4 header checksum is wrong.' },
  { name: 'bad-nd', text: 'A neighbour solicitation or advertisement that fails RFC 4861 section 7.1.1 or 7.1.2.' },
  {
    name: 'martian',
    text: 'A source or destination address that may not be on the wire here (RFC 1812 section 5.3.7).',
  },
  { name: 'urpf', text: 'The source address fails the reverse path check of the interface.' },
  { name: 'no-route', text: 'The table has no route to the destination.' },
  { name: 'too-big', text: "Larger than the egress interface's MTU and not to be fragmented." },
  {
    name: 'unresolved',
    text: 'The next hop has no known MAC address, and the one packet that may wait for it is waiting already or waited in vain.',
  },
  { name: 'path-down', text: 'Every path of the route is down.' },
  {
    name: 'bad-control-word',
    text: 'The control word of a pseudowire frame begins with a nibble from 2 to 15 (RFC 4385).',
  },
  { name: 'out-of-order', text: 'A pseudowire frame out of sequence, with sequencing on (RFC 4385 section 4.2).' },
  { name: 'mac-limit', text: 'A new source MAC beyond the limit of its bridge.' },
  { name: 'filtered', text: 'No port of the bridge is left to send to: split horizon, the own port, or nobody else.' },
  { name: 'storm', text: 'Broadcast, unknown or multicast frames beyond the storm control rate of the port.' },
  {
    name: 'snapped',
    text: 'The capture cut off bytes that are needed to go on: a header, the payload of fragments or of a reply.',
  },
  { name: 'tx-full', text: 'The queue of the egress port is full.' },
  {
    name: 'tx-failed',
    text: 'The system refused the frame after the egress port had taken it, or the port has no device: link down, too long, no memory.',
  },
  { name: 'slow-full', text: 'The queue to the thread that has the slow path is full.' },
  { name: 'punt-limited', text: 'Frames for the router itself beyond the rate that its control port takes.' },
  { name: 'worker-lost', text: 'A worker stopped while it held the frame.' },
] as const satisfies readonly ReasonRow[];

const punts = [
  { name: 'arp', text: 'ARP: read for neighbours, answered when it asks for an own address.' },
  { name: 'nd', text: 'Neighbour solicitation or advertisement (RFC 4861).' },
  {
    name: 'local',
    text: 'For an address of the router, or a link-local, multicast or broadcast destination, or a route or label that says `receive`.',
  },
  {
    name: 'oam',
    text: 'LSP ping and other OAM: labels 13 and 14, 127/8 beneath a label (RFC 8029), or an associated channel.',
  },
  { name: 'router-alert', text: 'The router alert label (1) on top of the stack.' },
  { name: 'other-protocol', text: 'A protocol that is not handled here, with `router.punt` on.' },
  { name: 'configured', text: 'A route or label entry says `punt`.' },
] as const satisfies readonly ReasonRow[];

export type DropName = (typeof drops)[number]['name'];
export type PuntName = (typeof punts)[number]['name'];

export const dropReasons: readonly { readonly name: DropName; readonly text: string }[] = drops;
export const puntReasons: readonly { readonly name: PuntName; readonly text: string }[] = punts;

function numbered<Name extends string>(rows: readonly { readonly name: Name }[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(rows.map((row, i) => [row.name, i])) as Record<Name, number>;
}

/** Number of a drop reason by name: an index into `dropReasons` and into the drop counters. */
export const Drop = numbered(drops);
/** Number of a punt reason by name: an index into `puntReasons` and into the punt counters. */
export const Punt = numbered(punts);
