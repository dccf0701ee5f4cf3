// One router between the two sites of each of two customers. Something is done to red; blue must not notice.
//
//   red-a  ── red-a ┐          ┌ red-b ── red-b      10.1.0.0/24 and 10.2.0.0/24, the same for blue
//                   │  router  │
//   blue-a ─ blue-a ┘          └ blue-b ─ blue-b
//
// The hosts speak IPv4 only, so that nothing is sent by itself, and every frame on a cable can be counted.
import { expect } from 'vitest';
import type { Lab, Namespace } from './lab.ts';
import { bookSides, cameTo, type RunningShimline, type RunOptions, type Summary, startShimline } from './shimline.ts';
import { type Datagrams, pause, ping, type StreamOptions, UdpStream } from './traffic.ts';

const portNames = ['red-a', 'red-b', 'blue-a', 'blue-b'] as const;
export type PortName = (typeof portNames)[number];

const subnetOf = (port: PortName): string => (port.endsWith('a') ? '10.1.0' : '10.2.0');

/** The configuration; devices other than the interface of the port's name, and further lines, as wanted. */
export function twoCustomersConfig(
  devices: Partial<Record<PortName, string>> = {},
  more = '',
  router = 'name: router, id: 192.0.2.1',
): string {
  const interfaces = portNames.map((port) => {
    const device = devices[port] ?? `{afpacket: ${port}}`;
    return `  ${port}: {device: ${device}, vrf: ${port.split('-')[0]}, addresses: [${subnetOf(port)}.1/24]}`;
  });
  return ['', `router: {${router}}`, 'interfaces:', ...interfaces, 'vrfs: {red: {}, blue: {}}', more].join('\n');
}

export interface TwoCustomers {
  readonly lab: Lab;
  readonly router: Namespace;
  readonly hosts: Readonly<Record<PortName, Namespace>>;
}

/** Hosts and cables; `mtu` of the cables of red. */
export function buildTwoCustomers(lab: Lab, mtu = 1500): TwoCustomers {
  const router = lab.router('router');
  const hosts = Object.fromEntries(
    portNames.map((port) => [port, lab.host(port, { ipv6: false })]),
  ) as unknown as TwoCustomers['hosts'];
  for (const port of portNames) layCable({ lab, router, hosts }, port, port.startsWith('red') ? mtu : 1500);
  return { lab, router, hosts };
}

/** The cable of a port: for the first time, or again. */
export function layCable({ lab, router, hosts }: TwoCustomers, port: PortName, mtu = 1500): void {
  const host = hosts[port];
  lab.cable({ in: host, name: 'eth0', mtu, addresses: [`${subnetOf(port)}.2/24`] }, { in: router, name: port, mtu });
  host.ip(`route add default via ${subnetOf(port)}.1`);
}

export function startRouter({ lab, router }: TwoCustomers, config: string, options: RunOptions = {}) {
  return startShimline(lab, router, config, options);
}

/** Numbered datagrams between blue's hosts. */
export function blueStream({ hosts }: TwoCustomers, options: StreamOptions = {}): Promise<UdpStream> {
  return UdpStream.start(hosts['blue-a'], hosts['blue-b'], '10.2.0.2', { packetsPerSecond: 500, ...options });
}

export const redStream = ({ hosts }: TwoCustomers, options: StreamOptions = {}): Promise<UdpStream> =>
  UdpStream.start(hosts['red-a'], hosts['red-b'], '10.2.0.2', { packetsPerSecond: 500, ...options });

/** All have arrived, once and in order. */
export function expectWhole({ sent, lost, disordered, repeated }: Datagrams): void {
  expect(sent).toBeGreaterThan(50);
  expect({ lost, disordered, repeated }).toEqual({ lost: 0, disordered: 0, repeated: 0 });
}

/** Waits until ping is answered: after a change, neighbours have to be found anew. */
export async function expectReachable(from: Namespace, address: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    if (ping(from, address, { count: 1 }).answers === 1) return;
    await pause(250);
  }
  expect(ping(from, address).text).toContain('3 received');
}

/**
 * What the router says, held against what the kernel counted at the other ends of its cables: every frame that was sent to
 * a port is in the books or was lost in its ring, and every frame that the books call sent has arrived.
 */
export function expectBooksAgree(
  { hosts }: TwoCustomers,
  summary: Summary,
  ports: readonly PortName[] = portNames,
): void {
  const { came, went } = bookSides(summary);
  expect(went).toBe(came);
  const told = ports.map((port) => ({
    port,
    sentToRouter: cameTo(summary, port),
    receivedFromRouter: summary.interfaces[port]?.out.frames,
  }));
  const counted = ports.map((port) => {
    const { sent, received } = hosts[port].counts('eth0');
    return { port, sentToRouter: sent, receivedFromRouter: received };
  });
  expect(told).toEqual(counted);
}

const growthBytesMax = 48 << 20;

/** Does something and expects that memory stays as it is, but for what a process takes while it warms up. */
export async function expectFlatMemory<T>(router: RunningShimline, work: () => Promise<T>): Promise<T> {
  const before = router.residentBytes;
  const result = await work();
  expect(router.residentBytes - before).toBeLessThan(growthBytesMax);
  return result;
}
