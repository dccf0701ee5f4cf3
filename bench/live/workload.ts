// The router that every contender is, and the frames that it is sent: one configuration, from which shimline runs, the C
// yardstick gets its tables and the kernel its routes.
import { loadConfig } from '../../src/control/config/load.ts';
import { compileRouter } from '../../src/control/router.ts';
import { eth, filler, ipv4, labels, udp } from '../../test/support/frames.ts';
import { createRandom } from '../random.ts';
import { writeTableFile } from '../table-file.ts';

export const macs = { in: '02:00:00:00:01:01', out: '02:00:00:00:02:01', nextHop: '02:00:00:00:99:99' } as const;
export const nextHop = '172.31.0.2';
export const addresses = { in: '10.255.0.1/24', out: '172.31.0.1/30' } as const;

const routeCount = 1000;
const firstLabel = 20_000;

/** 10.0.0.0/24, 10.0.1.0/24 and so on. */
export const prefixes = Array.from({ length: routeCount }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);

/** How the two ports are attached. */
export interface Devices {
  readonly in: string;
  readonly out: string;
}

export function configText(devices: Devices): string {
  const routes = prefixes.map((prefix) => `  - {vrf: red, prefix: ${prefix}, via: 192.0.2.2, labels: [24201]}`);
  const swaps = Array.from(
    { length: routeCount },
    (_, i) => `  - {label: ${firstLabel + i}, via: ${nextHop}, labels: [${30_000 + i}]}`,
  );
  return `
router: {name: bench, id: 192.0.2.1}
interfaces:
  in: {mac: "${macs.in}", device: ${devices.in}, vrf: red, mpls: true, addresses: [${addresses.in}]}
  out: {mac: "${macs.out}", device: ${devices.out}, mpls: true, addresses: [${addresses.out}]}
vrfs: {red: {label: 24101}}
neighbors: [{interface: out, address: ${nextHop}, mac: "${macs.nextHop}"}]
routes:
  - {prefix: 192.0.2.2/32, via: ${nextHop}, labels: [16002]}
${routes.join('\n')}
labels:
${swaps.join('\n')}
`;
}

/** Writes the tables that shimline would use, for programs in C. */
export async function writeTables(configFile: string, tableFile: string): Promise<void> {
  const { tables } = compileRouter(await loadConfig(configFile));
  writeTableFile(tableFile, tables, { count: 0, words: new Uint32Array(0) });
}

export const workloadNames = ['push', 'swap'] as const;
export type WorkloadName = (typeof workloadNames)[number];

export const titles: Readonly<Record<WorkloadName, string>> = {
  push: 'IPv4 looked up in a VRF, two labels pushed',
  swap: 'label swap',
};

export const frameSizes = [64, 512] as const;

const frameCount = 4096;
const linkBytes = 14;
const ipBytes = 20;
const udpBytes = 8;

/** Frames of that many bytes, to random routes or with random labels; the same every time. */
export function framesOf(workload: WorkloadName, bytes: number): number[][] {
  const random = createRandom(1);
  const link = { dst: macs.in, src: '02:00:00:00:aa:01' };
  const body = bytes - linkBytes - ipBytes - udpBytes - (workload === 'swap' ? 4 : 0);
  return Array.from({ length: frameCount }, () => {
    const route = random.below(routeCount);
    const dst = `10.${route >> 8}.${route & 255}.${1 + random.below(250)}`;
    const packet = ipv4({ src: '10.255.0.2', dst, protocol: 17 }, udp(1024 + random.below(60_000), 9, filler(body)));
    return workload === 'push'
      ? eth({ ...link, type: 0x0800 }, packet)
      : eth({ ...link, type: 0x8847 }, [...labels(firstLabel + route), ...packet]);
  });
}
