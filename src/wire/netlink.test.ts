// Netlink messages as the kernel sent them, as zebra sends them for MPLS, and damaged ones.
import { expect, test } from 'vitest';
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from './address.ts';
import {
  attribute,
  buildMessage,
  messageAt,
  type NetlinkMessage,
  nestedAttribute,
  numberAttribute,
  readAcknowledgement,
  readAttributes,
  readMessages,
  textAttribute,
} from './netlink.ts';
import {
  dumpRequest,
  newAddressRequest,
  RtnetlinkType,
  readAddress,
  readLink,
  readNeighbor,
  setLinkRequest,
} from './rtnetlink.ts';
import { RouteAction, type RouteHop, readNexthop, readRoute } from './rtnetlink-routes.ts';

/** Messages as a kernel sent them (Linux 6.18), in hexadecimal. */
const recorded = {
  linkUp: [
    '6404000010000200010000001764000000000100030000004310010000000000070003007661000008000d00e803000005001000060000',
    '00050011000000000005004300000000000800040040060000080032004400000008003300ffff000008001b000000000008001e000000',
    '000008003d000000000008001f000200000008002800ffff0000080029000000010008003a000000010008003f00000001000800400000',
    '00010008003b00f8ff070008003c00ffff0000080042000000000008002000020000000500210001000000080023000200000008002f00',
    '0100000008003000010000000600440000000000060045000000000005002700000000000a00010002000000000a00000a000200ffffff',
    'ffffff0000cc001700010000000000000001000000000000005a000000000000005a000000000000000000000000000000000000000000',
    '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000006400070001000000010000',
    '005a0000005a00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    '000000000000000000000000000000000000000000000000000000000000000000000c002b000500020000000000100012000900010076',
    '6574680000000008000500020000000c0006006e6f717565756500c0011a008c0002008800010000000000000000000000000001000000',
    '01000000010000000100000000000000010000000000000000000000000000000000000000000000000000000000000000000000000000',
    '00000000000000000000000000000000000000000000000000000000000000000010270000e80300000000000000000000000000000000',
    '00000100000030010a00080001000000008014000500ffff0000a81f1300c0930000e8030000f400020000000000400000004006000001',
    '000000010000000100000001000000ffffffffa00f0000e803000000000000803a09008051010003000000580200001000000000000000',
    '01000000010000000100000060ea0000000000000000000000000000000000000000000000000000010000000000000000000000102700',
    '00e8030000010000000000000000000000010000000000000000000000010000000000000000000000000000000000000080ee36000000',
    '0000000000000100000000000000000000000000000000000000000000000004000000000000ffff0000ffffffff010000000000000000',
    '000000000000001400070000000000000000000000000000000000050008000000000024000e0000000000000000000000000000000000',
    '0000000000000000000000000000000004003e8004004180',
  ].join(''),
  linkGone: [
    'a8020000110000000000000000000000000001000300000002100000ffffffff070003007661000008000d00e803000005001000020000',
    '00050011000000000005004300000000000800040040060000080032004400000008003300ffff000008001b000000000008001e000000',
    '000008003d000000000008001f000200000008002800ffff0000080029000000010008003a000000010008003f00000001000800400000',
    '00010008003b00f8ff070008003c00ffff0000080042000000000008002000020000000500210000000000080023000300000008002f00',
    '0100000008003000020000000600440000000000060045000000000005002700000000000a00010002000000000a00000a000200ffffff',
    'ffffff0000cc001700000000000000000002000000000000000000000000000000c8000000000000000000000000000000000000000000',
    '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000006400070000000000020000',
    '0000000000c800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    '000000000000000000000000000000000000000000000000000000000000000000000c002b000500020000000000100012000900010076',
    '657468000000000800050000000000090006006e6f6f700000000004001a0024000e000000000000000000000000000000000000000000',
    '00000000000000000000000004003e8004004180',
  ].join(''),
  linkOfIpv6: [
    'ec0200001000000000000000000000000a00010003000000431001000000000007000300766100000a00010002000000000a0000080004',
    '004006000008000500020000000500100006000000a0020c00080001000000008014000500ffff00000a161300146e0000e8030000f400',
    '020000000000400000004006000001000000010000000100000001000000ffffffffa00f0000e803000000000000803a09008051010003',
    '00000058020000100000000000000001000000010000000100000060ea0000000000000000000000000000000000000000000000000000',
    '01000000000000000000000010270000e80300000100000000000000000000000100000000000000000000000100000000000000000000',
    '00000000000000000080ee360000000000000000000100000000000000000000000000000000000000000000000004000000000000ffff',
    '0000ffffffff01000000000000000000000000000000340103002600000000000000000000000000000000000000000000000000000000',
    '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    '00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    '3c000600070000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    '000000000014000700000000000000000000000000000000000500080000000000',
  ].join(''),
  address4: [
    '4c000000140000007b4e086bce6300000218800003000000080001000a010101080002000a010101070003007661000008000800800000',
    '0014000600ffffffffffffffff0b1613000b161300',
  ].join(''),
  address4Gone: [
    '4c000000150000007b4e086bf26300000218800003000000080001000a010101080002000a010101070003007661000008000800800000',
    '0014000600ffffffffffffffff0b1613000b161300',
  ].join(''),
  address6: [
    '480000001400000000000000000000000a408200030000001400010020010db800000000000000000000000114000600ffffffffffffff',
    'ff0c1613000c1613000800080082000000',
  ].join(''),
  neighbor4: [
    '4c0000001c00000000000000d2630000020000000300000080000001080001000a0101020a00020002000000000b000008000400000000',
    '001400030000000000000000000000000001000000',
  ].join(''),
  neighbor4Gone: [
    '400000001d0000000000000000000000020000000300000020000001080001000a0101020800040000000000140003000b0000000b0000',
    '000b00000000000000',
  ].join(''),
  neighbor6: [
    '580000001c00000000000000d46300000a00000003000000800000011400010020010db80000000000000000000000020a000200020000',
    '00000b000008000400000000001400030000000000000000000000000001000000',
  ].join(''),
  route4: [
    '44000000180000067b4e086bd663000002100000feba00010000000008000f00fe000000080001000a0200000800060014000000080005',
    '000a0101020800040003000000',
  ].join(''),
  routeReplaced: [
    '44000000180000017b4e086bec63000002100000feba00010000000008000f00fe000000080001000a0200000800060014000000080005',
    '000a0101030800040003000000',
  ].join(''),
  routeGone: [
    '44000000190000007b4e086bee63000002100000feba00010000000008000f00fe000000080001000a0200000800060014000000080005',
    '000a0101030800040003000000',
  ].join(''),
  routeTwoHops: [
    '48000000180000067b4e086bd863000002000000fe0300010000000008000f00fe000000240009001000000203000000080005000a0101',
    '021000000003000000080005000a010103',
  ].join(''),
  route6: [
    '88000000180000067b4e086bda6300000a300000fcbc00010000000008000f00e80300001400010020010db80002000000000000000000',
    '0008000600000400001400050020010db8000000000000000000000002080004000300000024000c000000000000000000000000000000',
    '0000000000000000000000000000000000000500140000000000',
  ].join(''),
  routeVia6: [
    '4c000000180000067b4e086bdc63000002100000fe0300010000000008000f00fe000000080001000a030000160012000a0020010db800',
    '000000000000000000000200000800040003000000',
  ].join(''),
  routeBlackhole: '2c000000180000067b4e086bde63000002100000fe0300060000000008000f00fe000000080001000a040000',
  routeOfGroup: [
    '58000000180000067b4e086be863000002100000fe0300010000000008000f00fe000000080001000a05000008001e0009000000240009',
    '001000000103000000080005000a0101021000000003000000080005000a010103',
  ].join(''),
  nexthop: '30000000680005067b4e086be063000002fd00000000000008000100070000000800050003000000080006000a010102',
  nexthopGroup: [
    '44000000680005067b4e086be4630000000000000000000008000100090000000600030000000000140002000700000001000000080000',
    '000000000008000e0000000080',
  ].join(''),
  nexthopBlackhole: '24000000680005067b4e086be66300000200000000000000080001000a00000004000400',
} as const;

const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));

/** The one message of these bytes, read. */
function read<Item>(
  bytes: Uint8Array,
  reader: (bytes: Uint8Array, message: NetlinkMessage) => Item | undefined,
): Item | undefined {
  const { messages, isDamaged } = readMessages(bytes, 0, bytes.length);
  expect(messages.length).toBe(1);
  expect(isDamaged).toBe(false);
  return reader(bytes, messages[0] as NetlinkMessage);
}

const hopTexts = (hops: readonly RouteHop[]): string[] =>
  hops.map(({ index, via, labels, weight }) =>
    [`${index}`, via === undefined ? 'here' : formatAddress(via), `*${weight}`, ...labels].join(' '),
  );

/** `10.2.0.0/16 table 254 metric 20: 3 10.1.1.2 *1` of a recorded route. */
function routeText(name: keyof typeof recorded): string | undefined {
  const route = read(fromHex(recorded[name]), readRoute);
  if (route?.prefix === undefined) return undefined;
  const { prefix, table, metric, hops } = route;
  return `${formatPrefix(prefix)} table ${table} metric ${metric}: ${hopTexts(hops).join(', ')}`;
}

test('a link that is up, one that is gone', () => {
  const link = read(fromHex(recorded.linkUp), readLink);
  expect(link).toMatchObject({ gone: false, name: 'va', up: true, carrier: true, mtu: 1600, type: 'veth', master: 0 });
  expect([...(link?.mac ?? [])]).toEqual([2, 0, 0, 0, 0, 10]);
  const gone = read(fromHex(recorded.linkGone), readLink);
  expect(gone).toMatchObject({ gone: true, index: 3, name: 'va', up: false, carrier: false });
});

test('what the IPv6 part of the kernel says of a link is not taken for news of the link', () => {
  expect(read(fromHex(recorded.linkOfIpv6), readLink)).toBeUndefined();
});

test('the table of a VRF device; another kind has none, whatever is at that place', () => {
  const link = (kind: string) => {
    const information = nestedAttribute(18, textAttribute(1, kind), nestedAttribute(2, numberAttribute(1, 1010)));
    return read(buildMessage(16, 0, 1, new Uint8Array(16), textAttribute(3, 'red'), information), readLink);
  };
  expect(link('vrf')).toMatchObject({ name: 'red', type: 'vrf', vrfTable: 1010 });
  expect(link('vlan')?.vrfTable).toBeUndefined();
});

test('addresses appear and go', () => {
  const first = read(fromHex(recorded.address4), readAddress);
  expect(first).toMatchObject({ kind: 'address', gone: false, index: 3, flags: 0x80, scope: 0 });
  expect(first && formatPrefix(first.prefix)).toBe('10.1.1.1/24');
  expect(read(fromHex(recorded.address4Gone), readAddress)).toMatchObject({ gone: true, prefix: first?.prefix });
  const second = read(fromHex(recorded.address6), readAddress);
  expect(second && formatPrefix(second.prefix)).toBe('2001:db8::1/64');
});

test('neighbours appear, with their MAC, and go', () => {
  const first = read(fromHex(recorded.neighbor4), readNeighbor);
  expect(first).toMatchObject({ kind: 'neighbor', gone: false, index: 3, state: 0x80 });
  expect(first && formatAddress(first.address)).toBe('10.1.1.2');
  expect([...(first?.mac ?? [])]).toEqual([2, 0, 0, 0, 0, 11]);
  expect(read(fromHex(recorded.neighbor4Gone), readNeighbor)).toMatchObject({ gone: true, mac: undefined });
  expect(read(fromHex(recorded.neighbor6), readNeighbor)?.address.family).toBe(6);
});

test('routes: one hop, several with weights, another family, a group, none', () => {
  expect(routeText('route4')).toBe('10.2.0.0/16 table 254 metric 20: 3 10.1.1.2 *1');
  expect(routeText('routeTwoHops')).toBe('0.0.0.0/0 table 254 metric 0: 3 10.1.1.2 *3, 3 10.1.1.3 *1');
  expect(routeText('route6')).toBe('2001:db8:2::/48 table 1000 metric 1024: 3 2001:db8::2 *1');
  expect(routeText('routeVia6')).toBe('10.3.0.0/16 table 254 metric 0: 3 2001:db8::2 *1');
  expect(routeText('routeBlackhole')).toBe('10.4.0.0/16 table 254 metric 0: ');
  expect(read(fromHex(recorded.routeBlackhole), readRoute)?.action).toBe(RouteAction.blackhole);
  // Beside the group the kernel repeats the hops.
  expect(read(fromHex(recorded.routeOfGroup), readRoute)).toMatchObject({ nexthopId: 9 });
  expect(routeText('routeOfGroup')).toBe('10.5.0.0/16 table 254 metric 0: 3 10.1.1.2 *2, 3 10.1.1.3 *1');
});

test('a route is new, replaced or gone', () => {
  expect(read(fromHex(recorded.route4), readRoute)).toMatchObject({ gone: false, replaces: false, protocol: 186 });
  expect(read(fromHex(recorded.routeReplaced), readRoute)).toMatchObject({ gone: false, replaces: true });
  expect(read(fromHex(recorded.routeGone), readRoute)).toMatchObject({ gone: true, replaces: false });
});

test('next hops, groups with weights, a blackhole', () => {
  const hop = read(fromHex(recorded.nexthop), readNexthop);
  expect(hop).toMatchObject({ id: 7, isBlackhole: false, group: [], gone: false });
  expect(hopTexts(hop?.hop === undefined ? [] : [hop.hop])).toEqual(['3 10.1.1.2 *1']);
  const members = [
    { id: 7, weight: 2 },
    { id: 8, weight: 1 },
  ];
  expect(read(fromHex(recorded.nexthopGroup), readNexthop)).toMatchObject({ id: 9, hop: undefined, group: members });
  expect(read(fromHex(recorded.nexthopBlackhole), readNexthop)).toMatchObject({
    id: 10,
    isBlackhole: true,
    hop: undefined,
  });
});

// MPLS, put together by hand after linux/rtnetlink.h, linux/mpls_iptunnel.h and what zebra's FPM sends.
const stack = (...labels: number[]): Uint8Array =>
  Uint8Array.from(
    labels.flatMap((label, i) => [
      label >>> 12,
      (label >>> 4) & 255,
      ((label & 15) << 4) | Number(i + 1 === labels.length),
      0,
    ]),
  );
const via4 = attribute(18, Uint8Array.of(2, 0, 10, 1, 1, 2));
const gateway4 = attribute(5, Uint8Array.of(10, 1, 1, 2));
const routeHeader = (family: number, length: number): Uint8Array =>
  Uint8Array.of(family, length, 0, 0, 254, 11, 0, 1, 0, 0, 0, 0);
const newRoute = (header: Uint8Array, ...attributes: Uint8Array[]): Uint8Array =>
  buildMessage(RtnetlinkType.newRoute, 0x501, 1, header, ...attributes);
const mplsTunnel = (...labels: number[]): Uint8Array[] => [
  attribute(21, Uint8Array.of(1, 0)),
  nestedAttribute(22, attribute(1, stack(...labels))),
];

test('a label that is swapped, one that is popped', () => {
  const swap = newRoute(
    routeHeader(28, 20),
    attribute(1, stack(24_201)),
    attribute(19, stack(16_002)),
    via4,
    numberAttribute(4, 3),
  );
  const read1 = read(swap, readRoute);
  expect(read1).toMatchObject({ label: 24_201, prefix: undefined });
  expect(hopTexts(read1?.hops ?? [])).toEqual(['3 10.1.1.2 *1 16002']);
  const pop = read(newRoute(routeHeader(28, 20), attribute(1, stack(24_202)), numberAttribute(4, 7)), readRoute);
  expect(pop?.label).toBe(24_202);
  expect(hopTexts(pop?.hops ?? [])).toEqual(['7 here *1']);
});

test('a route that pushes two labels, outermost first, in a table of its own', () => {
  const bytes = newRoute(
    routeHeader(2, 24),
    attribute(1, Uint8Array.of(192, 0, 2, 0)),
    numberAttribute(15, 4100),
    gateway4,
    numberAttribute(4, 3),
    ...mplsTunnel(16_002, 24_201),
  );
  const route = read(bytes, readRoute);
  expect(route).toMatchObject({ table: 4100, label: undefined });
  expect(hopTexts(route?.hops ?? [])).toEqual(['3 10.1.1.2 *1 16002 24201']);
});

test('several hops, each with its own labels', () => {
  const hop = (weight: number, index: number, ...attributes: Uint8Array[]): number[] => {
    const inner = attributes.flatMap((each) => [...each]);
    return [8 + inner.length, 0, 0, weight - 1, index, 0, 0, 0, ...inner];
  };
  const hops = [...hop(1, 3, gateway4, ...mplsTunnel(16_002, 24_201)), ...hop(5, 4, gateway4)];
  const bytes = newRoute(routeHeader(2, 0), attribute(9, Uint8Array.from(hops)));
  expect(hopTexts(read(bytes, readRoute)?.hops ?? [])).toEqual(['3 10.1.1.2 *1 16002 24201', '4 10.1.1.2 *5']);
});

test('a tunnel that is none of ours is told', () => {
  const bytes = newRoute(routeHeader(2, 0), gateway4, numberAttribute(4, 3), attribute(21, Uint8Array.of(5, 0)));
  expect(read(bytes, readRoute)?.hops).toMatchObject([{ foreignTunnel: 5, labels: [] }]);
});

test.each([
  ['a stack that goes on behind its bottom', [attribute(19, Uint8Array.of(0, 1, 1, 0, 0, 1, 1, 0))]],
  ['a stack without a bottom', [attribute(19, Uint8Array.of(0, 1, 0, 0))]],
  ['half an entry', [attribute(19, Uint8Array.of(0, 1, 1, 0, 0, 1))]],
  ['a next hop of five bytes', [attribute(5, Uint8Array.of(10, 1, 1, 2, 9))]],
  ['a next hop of another family than it says', [attribute(18, Uint8Array.of(10, 0, 10, 1, 1, 2))]],
  ['a tunnel of MPLS without labels', [attribute(21, Uint8Array.of(1, 0))]],
  ['a hop shorter than its header', [attribute(9, Uint8Array.of(4, 0, 0, 0, 1, 0, 0, 0))]],
  ['a hop longer than its attribute', [attribute(9, Uint8Array.of(12, 0, 0, 0, 1, 0, 0, 0))]],
  ['a destination of another family', [attribute(1, new Uint8Array(16))]],
])('a damaged route is none: %s', (_, attributes) => {
  const whole = newRoute(routeHeader(2, 0), numberAttribute(4, 3));
  expect(read(whole, readRoute)).toBeDefined();
  expect(read(newRoute(routeHeader(2, 0), numberAttribute(4, 3), ...attributes), readRoute)).toBeUndefined();
});

test('requests are built as the kernel takes them', () => {
  const request = setLinkRequest(5, { up: true, mtu: 9000, mac: Uint8Array.of(2, 0, 0, 0, 0, 1) }, 77);
  const message = messageAt(request, 0, request.length);
  expect(message).toMatchObject({ type: 19, flags: 5, sequence: 77, end: request.length, next: request.length });
  expect([...request.subarray(16, 32)]).toEqual([0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
  expect(request.length).toBe(32 + 8 + 12);
  const address = parsePrefix('10.1.1.1/24');
  const added = address && read(newAddressRequest(5, address, 1), readAddress);
  expect(added).toMatchObject({ index: 5, prefix: address });
  expect(parseAddress('10.1.1.1')).toMatchObject({ words: address?.words });
});

test('several messages in one datagram, and what is damaged behind them', () => {
  const two = Uint8Array.from([...dumpRequest(RtnetlinkType.getLink, 1), ...dumpRequest(RtnetlinkType.getRoute, 2)]);
  expect(readMessages(two, 0, two.length)).toMatchObject({ messages: [{ type: 18 }, { type: 26 }], isDamaged: false });
  expect(readMessages(two, 0, two.length - 1)).toMatchObject({ messages: [{ type: 18 }], isDamaged: true });
  const endless = Uint8Array.from(two);
  endless.fill(0, 0, 4);
  expect(readMessages(endless, 0, endless.length)).toEqual({ messages: [], isDamaged: true });
  expect(readAttributes(Uint8Array.of(0, 0, 1, 0), 0, 4)).toBeUndefined();
});

test('a refusal, with the words of the kernel', () => {
  const request = new Uint8Array(16);
  request[0] = 16;
  const words = attribute(
    1,
    Uint8Array.from([...'Device is busy\0'], (letter) => letter.charCodeAt(0)),
  );
  const bytes = buildMessage(2, 0x300, 1, Uint8Array.of(0xf0, 0xff, 0xff, 0xff), request, words);
  expect(read(bytes, readAcknowledgement)).toEqual({ errno: 16, explanation: 'Device is busy' });
  const plain = buildMessage(2, 0, 1, Uint8Array.of(0, 0, 0, 0), request);
  expect(read(plain, readAcknowledgement)).toEqual({ errno: 0, explanation: undefined });
});

/** Everything that can be read from the wire, tried on every message of a buffer. */
function readEverything(bytes: Uint8Array): number {
  const { messages } = readMessages(bytes, 0, bytes.length);
  let items = 0;
  for (const message of messages) {
    for (const reader of [readLink, readAddress, readNeighbor, readRoute, readNexthop, readAcknowledgement]) {
      if (reader(bytes, message) !== undefined) items++;
    }
  }
  return items;
}

test('10,000 damaged buffers: nothing throws and every walk ends', () => {
  const whole = [
    ...Object.values(recorded).map(fromHex),
    newRoute(
      routeHeader(28, 20),
      attribute(1, stack(24_201)),
      attribute(19, stack(16_002)),
      via4,
      numberAttribute(4, 3),
    ),
    newRoute(routeHeader(2, 24), attribute(1, Uint8Array.of(192, 0, 2, 0)), gateway4, ...mplsTunnel(16_002, 24_201)),
  ];
  let seed = 20_261_126;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  let items = 0;
  for (let round = 0; round < 10_000; round++) {
    const parts = Array.from({ length: 1 + random(3) }, () => [...(whole[random(whole.length)] as Uint8Array)]);
    const bytes = Uint8Array.from(parts.flat()).subarray(random(4) === 0 ? random(8) : 0);
    for (let change = random(8); change >= 0; change--) {
      // Half of the damage in the first bytes, where lengths and types are.
      bytes[random(random(2) === 0 ? 64 : bytes.length)] = random(3) === 0 ? 0xff : random(256);
    }
    const cut = bytes.subarray(0, random(3) === 0 ? random(bytes.length + 1) : bytes.length);
    // Bytes beyond the end would be undefined, and so would be what is made of them.
    items += readEverything(cut);
  }
  // Some messages were still whole, some were not: both sides were tried.
  expect(items).toBeGreaterThan(1000);
});
