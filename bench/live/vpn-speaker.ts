// A BGP speaker with many VPNv4 routes and nothing else: it opens one session, tells all routes, and keeps it up until it
// is ended. RFC 4271, RFC 4760, RFC 4364. A program of its own, since it runs in a namespace:
//   tsx vpn-speaker.ts --to 192.0.2.1 --from 192.0.2.2 --as 65000 --target 65000:1 --label 8000 --routes 100000
import { connect } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    to: { type: 'string', default: '192.0.2.1' },
    from: { type: 'string', default: '192.0.2.2' },
    as: { type: 'string', default: '65000' },
    target: { type: 'string', default: '65000:1' },
    label: { type: 'string', default: '8000' },
    routes: { type: 'string', default: '100000' },
  },
});
const routes = Number(values.routes);
const label = Number(values.label);

const Message = { open: 1, update: 2, notification: 3, keepalive: 4 } as const;
const headerBytes = 19;
const vpnIpv4 = [0, 1, 0, 128] as const;
const holdSeconds = 180;
const prefixesAnUpdate = 200;

const u16 = (value: number): number[] => [value >>> 8, value & 255];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];
const ipv4 = (text: string): number[] => text.split('.').map(Number);

function message(type: number, body: readonly number[]): Buffer {
  return Buffer.from([...new Array<number>(16).fill(255), ...u16(headerBytes + body.length), type, ...body]);
}

const capability = (code: number, value: readonly number[]): number[] => [
  2,
  value.length + 2,
  code,
  value.length,
  ...value,
];

function open(): Buffer {
  const as = Number(values.as);
  const capabilities = [...capability(1, vpnIpv4), ...capability(65, u32(as))];
  const body = [4, ...u16(as), ...u16(holdSeconds), ...ipv4(values.from), capabilities.length, ...capabilities];
  return message(Message.open, body);
}

/** 20.0.0.0/24, 20.0.1.0/24 and so on, through 21.0.0.0/24 and further. */
function reachability(index: number): number[] {
  const [as = 0, number = 0] = values.target.split(':').map(Number);
  const prefix = [20 + (index >>> 16), (index >>> 8) & 255, index & 255];
  const stack = [label >>> 12, (label >>> 4) & 255, ((label & 15) << 4) | 1];
  return [24 + 64 + 24, ...stack, 0, 0, ...u16(as), ...u32(number), ...prefix];
}

const attribute = (flags: number, type: number, value: readonly number[]): number[] =>
  value.length > 255 ? [flags | 0x10, type, ...u16(value.length), ...value] : [flags, type, value.length, ...value];

function update(first: number, count: number): Buffer {
  const [as = 0, number = 0] = values.target.split(':').map(Number);
  const nextHop = [0, 0, 0, 0, 0, 0, 0, 0, ...ipv4(values.from)];
  const prefixes = Array.from({ length: count }, (_, i) => reachability(first + i)).flat();
  const attributes = [
    ...attribute(0x40, 1, [0]),
    ...attribute(0x40, 2, []),
    ...attribute(0x40, 5, u32(100)),
    ...attribute(0xc0, 16, [0, 2, ...u16(as), ...u32(number)]),
    ...attribute(0x80, 14, [...vpnIpv4.slice(0, 2), 128, nextHop.length, ...nextHop, 0, ...prefixes]),
  ];
  return message(Message.update, [0, 0, ...u16(attributes.length), ...attributes]);
}

const updates: Buffer[] = [];
for (let first = 0; first < routes; first += prefixesAnUpdate)
  updates.push(update(first, Math.min(prefixesAnUpdate, routes - first)));

const peer = connect({ host: values.to, port: 179, localAddress: values.from }, () => peer.write(open()));
let waiting = Buffer.alloc(0);
let isTold = false;

peer.on('data', (part) => {
  waiting = Buffer.concat([waiting, part]);
  while (waiting.length >= headerBytes && waiting.length >= waiting.readUInt16BE(16)) {
    const type = waiting[18];
    waiting = waiting.subarray(waiting.readUInt16BE(16));
    if (type === Message.open) peer.write(message(Message.keepalive, []));
    if (type === Message.notification) throw new Error('the peer has ended the session');
    if (type !== Message.keepalive || isTold) continue;
    isTold = true;
    process.stdout.write('telling\n');
    for (const each of updates) peer.write(each);
    setInterval(() => peer.write(message(Message.keepalive, [])), (holdSeconds * 1000) / 4);
  }
});
peer.on('close', () => process.exit());
