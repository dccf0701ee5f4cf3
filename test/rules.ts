// The conformance rules: what a correct forwarder does, by the ids that test titles begin with. docs/conformance.md
// lists for each rule the tests that prove it; a test that names an id which is not here fails a house-keeping test.

export interface Rule {
  readonly id: string;
  /** One line. The tests say it in full. */
  readonly summary: string;
  /** Where the behaviour is laid down; empty where it is this project's own choice. */
  readonly sources: readonly string[];
  /** Belongs to a part that is not built yet: what it will come with. */
  readonly later?: string;
}

export interface RuleGroup {
  readonly prefix: string;
  readonly title: string;
  readonly rules: readonly Rule[];
}

const rfc = (...numbers: number[]): string[] => numbers.map((number) => `RFC ${number}`);

/** Numbers the rules of a group from 1. */
function group(prefix: string, title: string, rules: readonly Omit<Rule, 'id'>[]): RuleGroup {
  return { prefix, title, rules: rules.map((rule, i) => ({ id: `${prefix}-${i + 1}`, ...rule })) };
}

export const ruleGroups: readonly RuleGroup[] = [
  group('ETH', 'Link', [
    {
      summary: 'Checks run in a fixed order: cut header, tags, destination MAC, EtherType, payload.',
      sources: ['IEEE 802.3', 'IEEE 802.1Q'],
    },
    {
      summary: 'A routed interface takes its own MAC; under a group MAC only ARP, ND and multicast or broadcast IP.',
      sources: rfc(1812),
    },
    {
      summary: 'Tags choose the sub-interface: one 802.1Q tag, or 802.1ad above 802.1Q; VID 0 counts as untagged.',
      sources: ['IEEE 802.1Q', 'IEEE 802.1ad'],
    },
    {
      summary: 'Tags that are put on carry PCP and DEI 0; a service tag that is rewritten keeps them.',
      sources: ['IEEE 802.1Q'],
    },
    {
      summary:
        'IPv4, IPv6, MPLS and ARP are handled, 0x8848 is refused, other types are punted or dropped as configured.',
      sources: rfc(894, 2464, 3032, 5332),
    },
    {
      summary: 'Bytes behind the end of an IP packet are not routed on; a label swap leaves them alone.',
      sources: rfc(894, 1812),
    },
    {
      summary: 'PAUSE and other link-local frames are not carried by bridges, cross-connects and pseudowires.',
      sources: ['IEEE 802.1Q', 'IEEE 802.3'],
    },
  ]),
  group('LBL', 'Label stack', [
    {
      summary: 'Checks on a labelled frame run in a fixed order; the whole stack must end inside the frame.',
      sources: rfc(3032),
    },
    {
      summary: 'A label without an entry drops the frame; it is never stripped and routed.',
      sources: rfc(3031),
    },
    {
      summary: 'Labels are taken only where MPLS is on and, with an accept list, only if given to that neighbour.',
      sources: rfc(4364),
    },
    {
      summary: 'Explicit null is popped at any depth; at the bottom its own IP version follows, in the ingress table.',
      sources: rfc(3032, 4182),
    },
    { summary: 'Router alert on top is punted as it is; at the bottom it is a bad stack.', sources: rfc(3032) },
    {
      summary: 'Reserved and extended special-purpose labels are dropped; OAM labels are punted before any TTL check.',
      sources: rfc(3032, 3429, 5586, 7274),
    },
    {
      summary: 'Where an LSP ends, entropy indicators and labels that come to the top are removed unread.',
      sources: rfc(6790),
    },
    {
      summary: 'Labels that lead to IP or Ethernet stand at the bottom; plain and penultimate pops take any S bit.',
      sources: rfc(3031, 3032),
    },
    { summary: 'A swap keeps TC and S and touches nothing beneath.', sources: rfc(3031, 3032) },
    { summary: 'Only the lowest entry of a stack has S set.', sources: rfc(3032) },
    {
      summary:
        "The label's entry says what lies beneath; only where it says no more than IP the version nibble decides.",
      sources: rfc(3032, 4928),
    },
    { summary: 'A frame gets eight label and table look-ups; the ninth is a loop.', sources: [] },
    { summary: 'A path pushes at least eight labels; a stack of any depth passes a swap.', sources: rfc(3031) },
  ]),
  group('TTL', 'TTL', [
    {
      summary: 'One hop takes one from the TTL; a frame that arrives with 1 or 0 goes no further.',
      sources: rfc(1812, 3031, 3032),
    },
    { summary: 'A swap writes the decremented TTL; entries pushed above follow the mode.', sources: rfc(3032, 3443) },
    { summary: 'A push onto IP decrements first, then copies the TTL or sets one by mode.', sources: rfc(3032, 3443) },
    {
      summary:
        'A pop hands the smaller TTL down in uniform mode and nothing in pipe modes; one router decrements once.',
      sources: rfc(3443),
    },
    { summary: 'A penultimate pop does the same for whatever it uncovers.', sources: rfc(3443) },
    { summary: 'The IPv4 checksum is updated incrementally and correctly.', sources: rfc(1624) },
    { summary: 'An expired IP packet is answered with ICMP time exceeded.', sources: rfc(792, 1812, 4443) },
    {
      summary: 'An ICMP error about a labelled frame carries the stack and continues along the LSP.',
      sources: rfc(3032, 4884, 4950),
    },
    {
      summary: 'An ICMP error about an unlabelled packet comes from the ingress interface and is routed in its table.',
      sources: rfc(1812, 4443),
    },
    {
      summary: 'ICMP errors have fixed header fields and quote the packet as it arrived, up to the length allowed.',
      sources: rfc(792, 1812, 4443, 4884),
    },
    {
      summary:
        'No errors about errors, later fragments, groups or nobody; a token bucket per interface limits the rest.',
      sources: rfc(1812, 4443),
    },
  ]),
  group('TC', 'Traffic class', [
    {
      summary: 'Pushed entries take TC from the DSCP, from the label beneath, or from the path.',
      sources: rfc(3270, 5462),
    },
    {
      summary: 'A uniform pop carries TC down, into IP as class selector with ECN kept; pipe modes leave it.',
      sources: rfc(3168, 3270),
    },
  ]),
  group('IP', 'IP', [
    {
      summary: 'Header, lengths and IPv4 checksum are verified on arrival and wherever a pop uncovers IP.',
      sources: rfc(791, 1812, 8200),
    },
    {
      summary: 'Addresses that may not be on the wire are dropped; loopback beneath a label is LSP ping.',
      sources: rfc(1812, 4291, 8029),
    },
    {
      summary: "The router's own traffic is punted; echo requests to own addresses are answered.",
      sources: rfc(792, 1812, 4443),
    },
    {
      summary: 'Checks on IP run in a fixed order; no route is an ICMP error, never another table.',
      sources: rfc(1812, 4364),
    },
    { summary: 'The longest prefix wins, from the default route to host routes.', sources: rfc(1812, 4291) },
    { summary: 'IPv4 options do not change what is pushed.', sources: rfc(6178) },
    { summary: 'Reverse path check of the source, strict and loose.', sources: rfc(3704) },
    {
      summary: 'ARP and neighbour discovery: answer, learn, ask once a second, hold one packet.',
      sources: rfc(826, 1122, 4861),
    },
  ]),
  group('VRF', 'VRF', [
    { summary: 'The interface alone decides the table; tables may overlap.', sources: rfc(4364) },
    { summary: 'A route to a remote PE pushes the VPN label and, above it, the transport labels.', sources: rfc(4364) },
    { summary: 'Recursive next hops bring the labels of every level on every leg.', sources: rfc(4364) },
    {
      summary: 'Sites on one PE are joined without labels; another VRF only where a route says so.',
      sources: rfc(4364),
    },
    { summary: 'Egress by per-VRF, per-CE and per-prefix label.', sources: rfc(4364) },
    { summary: 'IPv6 over IPv4 LSPs: 6VPE in a VRF, 6PE in the global table.', sources: rfc(4659, 4798) },
    { summary: 'Internet access by `table` routes both ways, and nothing that no route says.', sources: rfc(4364) },
    {
      summary: 'Inter-AS option B swaps VPN labels; option C and carrier’s carrier stack three and more.',
      sources: rfc(4364),
    },
  ]),
  group('MTU', 'Size', [
    { summary: 'Labels count towards the size; what fits is never fragmented.', sources: rfc(3032) },
    {
      summary: 'What does not fit is fragmented (IPv4 without DF) or answered with the room that is left.',
      sources: rfc(791, 1191, 3032, 8201),
    },
    { summary: 'A labelled frame that does not fit and is not IP is dropped silently.', sources: rfc(3032) },
  ]),
  group('ECMP', 'Many paths', [
    {
      summary: 'One flow takes one path; the hash reads the fields of a flow and nothing else.',
      sources: rfc(4928, 6790, 7325),
    },
    { summary: 'Weights hold over many flows; routers in a row do not polarize.', sources: rfc(2991) },
    { summary: 'A failure moves only the flows that it hits; backups step in last.', sources: rfc(2992) },
    { summary: 'Entropy labels are pushed where a path asks for them.', sources: rfc(6790) },
  ]),
  group('PW', 'Pseudowires', [
    {
      summary: 'The control word is there by configuration; its first nibble is checked.',
      sources: rfc(4385, 8469),
    },
    { summary: 'Raw and tagged mode: which tags are taken off and put on.', sources: rfc(4448) },
    { summary: 'Frames out of sequence are dropped where sequencing is on.', sources: rfc(4385) },
    {
      summary: 'Size is judged on both sides; the pseudowire label has TTL 255.',
      sources: rfc(4447, 4448),
    },
    { summary: 'A flow label beneath the pseudowire label, by configuration.', sources: rfc(6391) },
    { summary: 'Frames of any size pass bit for bit.', sources: rfc(4448) },
  ]),
  group('VPLS', 'Virtual LANs', [
    {
      summary: 'Source MACs are learned per bridge, aged, moved and limited.',
      sources: rfc(4761, 4762),
    },
    {
      summary: 'Known unicast goes to one port, the rest floods in the configured order.',
      sources: rfc(4761, 4762),
    },
    { summary: 'Split horizon: from a pseudowire to no other pseudowire.', sources: rfc(4761, 4762) },
    { summary: 'Bridges share nothing.', sources: rfc(4761, 4762) },
  ]),
];

export const rules: readonly Rule[] = ruleGroups.flatMap((each) => each.rules);

/** Ids as they appear in titles and comments. */
export const ruleIdPattern = new RegExp(`\\b(?:${ruleGroups.map((each) => each.prefix).join('|')})-\\d+\\b`, 'g');
