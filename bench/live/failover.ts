// How long customers notice the end of a link: many VPN routes share two paths, a stream of datagrams goes by one of them, its
// link goes, and what was lost until it goes by the other is counted. It has to be the same for any number of routes.
//
//   npx tsx bench/live/failover.ts [--runs 5]
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { Lab } from '../../test/live/support/lab.ts';
import { startShimline } from '../../test/live/support/shimline.ts';
import { pause, UdpStream } from '../../test/live/support/traffic.ts';
import { median } from '../median.ts';
import { callApi } from './call-api.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const packetsPerSecond = 4000;

const config = `router: {name: failover, id: 192.0.2.1}
interfaces:
  ce: {device: {afpacket: ce}, vrf: red, addresses: [10.1.0.1/24]}
  a: {device: {afpacket: a}, vrf: red, addresses: [10.0.1.1/24]}
  b: {device: {afpacket: b}, vrf: red, addresses: [10.0.2.1/24]}
vrfs: {red: {}}
`;
const paths = [{ via: '10.0.1.2' }, { via: '10.0.2.2', backup: true }];

function* lines(routes: number): Generator<string> {
  yield `${JSON.stringify({ vrf: 'red', prefix: '10.9.0.0/24', paths })}\n`;
  for (let i = 1; i < routes; i++) {
    yield `${JSON.stringify({ vrf: 'red', prefix: `${20 + (i >>> 16)}.${(i >>> 8) & 255}.${i & 255}.0/24`, paths })}\n`;
  }
}

/** Milliseconds for which nothing arrived. */
async function outage(lab: Lab, routes: number): Promise<number> {
  const [sender, place, sink] = [lab.host('sender'), lab.router('router'), lab.host('sink')];
  lab.cable({ in: place, name: 'ce' }, { in: sender, name: 'eth0' });
  lab.cable({ in: place, name: 'a' }, { in: sink, name: 'a' });
  lab.cable({ in: place, name: 'b' }, { in: sink, name: 'b' });
  sender.ip('addr add 10.1.0.2/24 dev eth0', 'route add default via 10.1.0.1');
  sink.ip('addr add 10.0.1.2/24 dev a', 'addr add 10.0.2.2/24 dev b', 'addr add 10.9.0.1/32 dev lo');
  sink.ip('route add 10.1.0.0/24 via 10.0.2.1');
  const socket = join(lab.folder, 'api.sock');
  const router = await startShimline(lab, place, config, { args: ['--api', `unix:${socket}`] });
  await callApi(socket, 'POST', '/routes', Readable.from(lines(routes)), 'application/x-ndjson');
  const stream = await UdpStream.start(sender, sink, '10.9.0.1', { packetsPerSecond, flows: 4 });
  await pause(1000);
  sink.ip('link set dev a down');
  await pause(1000);
  const { lost } = await stream.stop();
  await router.stop();
  return (lost / packetsPerSecond) * 1000;
}

for (const routes of [1000, 100_000]) {
  const outages: number[] = [];
  for (let run = 0; run < Number(values.runs); run++) {
    const lab = new Lab('failover');
    try {
      outages.push(await outage(lab, routes));
    } finally {
      lab.close();
    }
  }
  const each = outages.map((value) => value.toFixed(2)).join(', ');
  console.log(`${routes} routes: nothing arrived for ${median(outages).toFixed(2)} ms (${each})`);
}
