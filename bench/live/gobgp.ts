// Routes of VPNs from a real gobgpd: what a route reflector has is put into it, the adapter connects, and the time until all
// are in the tables is taken, with the CPU time of this process. Then the same without a network: updates of many PEs
// through one adapter, as fast as they are taken. No rights are needed; without gobgpd the first part is left out.
//
//   npx tsx bench/live/gobgp.ts [--routes 100000] [--rounds 3] [--pes 1000] [--updates 1000000]
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, credentials } from '@grpc/grpc-js';
import { LabelManager } from '../../src/control/live/index.ts';
import { Adapter } from '../../src/daemon/gobgp/adapter.ts';
import { Learner } from '../../src/daemon/gobgp/learner.ts';
import { Call, EventReader } from '../../src/daemon/gobgp/messages.ts';
import { Policies } from '../../src/daemon/gobgp/policies.ts';
import { Writer } from '../../src/daemon/gobgp/protobuf.ts';
import { prefixOf, Rib } from '../../src/daemon/gobgp/rib.ts';
import { encodeFakePath, type FakePath, pathsEvent } from '../../test/support/fake-gobgpd.ts';
import { controlRouter, listLog } from '../../test/support/gobgp-router.ts';

const { values } = parseArgs({
  options: {
    routes: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    pes: { type: 'string', default: '1000' },
    updates: { type: 'string', default: '1000000' },
  },
});
const routes = Number(values.routes);
const pes = Number(values.pes);
const updates = Number(values.updates);
/** VPNs, and of each a VRF. */
const vrfCount = 10;

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

function config(address: string): string {
  const vrfs = Array.from({ length: vrfCount }, (_, i) => `  v${i}: {rd: "65000:${1000 + i}", import: ["65000:${i}"]}`);
  return `
router: {name: pe1, id: 192.0.2.1}
gobgp: {address: "${address}"}
interfaces: {core: {addresses: [172.31.0.1/24], mpls: true}}
vrfs:
${vrfs.join('\n')}
routes: [{prefix: 192.168.0.0/16, via: 172.31.0.9, labels: [16002]}]
`;
}

/** A route of PE `pe` in VPN `vpn`; each PE has a label for each VPN. */
function pathOf(pe: number, vpn: number, number: number): FakePath {
  return {
    prefix: `10.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}/32`,
    rd: `${65_000}:${10_000 + pe * vrfCount + vpn}`,
    label: 20_000 + vpn,
    nextHop: `192.168.${pe >>> 8}.${pe & 255}`,
    targets: [`65000:${vpn}`],
  };
}

/** Puts paths into a gobgpd. */
async function fill(address: string, paths: readonly FakePath[]): Promise<void> {
  const client = new Client(address, credentials.createInsecure());
  const asIs = (bytes: Uint8Array) => Buffer.from(bytes);
  await new Promise<void>((resolve, reject) => {
    const call = client.makeClientStreamRequest(Call.add, asIs, asIs, (error: Error | null) =>
      error ? reject(error) : resolve(),
    );
    for (let i = 0; i < paths.length; i += 500) {
      const writer = new Writer();
      for (const path of paths.slice(i, i + 500)) writer.message(3, encodeFakePath(path));
      call.write(writer.done());
    }
    call.end();
  });
  client.close();
}

async function started(name: string, file: string, socket: string): Promise<() => void> {
  const child = spawn('gobgpd', ['-f', file, '--api-hosts', `unix://${socket}`], { stdio: 'ignore' });
  await pause(1500);
  return () => {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
    console.log(`${name}: ${megabytes(Number(kibibytes) * 1024)} resident`);
    child.kill('SIGKILL');
  };
}

/** Two gobgpds on the loopback: a route reflector that has the routes, and that of the PE, which learns them by BGP. */
async function measureDump(): Promise<void> {
  if (spawnSync('gobgpd', ['--version']).error !== undefined) {
    console.log('gobgpd is not installed: no first dump');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'shimline-gobgp-'));
  const peer = (address: string, port: number, extra: string) => `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${address}"
    peer-as = 65000
  [neighbors.transport.config]
    remote-port = ${port}
    ${extra}
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "l3vpn-ipv4-unicast"
`;
  const global = (id: string, address: string) => `[global.config]
  as = 65000
  router-id = "${id}"
  port = 11790
  local-address-list = ["${address}"]
`;
  writeFileSync(
    join(folder, 'rr.toml'),
    `${global('192.0.2.9', '127.0.9.1')}${peer('127.0.9.2', 11790, 'local-address = "127.0.9.1"\n    passive-mode = true')}
  [neighbors.route-reflector.config]
    route-reflector-client = true
    route-reflector-cluster-id = "192.0.2.9"
`,
  );
  writeFileSync(
    join(folder, 'pe.toml'),
    global('192.0.2.1', '127.0.9.2') + peer('127.0.9.1', 11790, 'local-address = "127.0.9.2"'),
  );
  const stops: (() => void)[] = [];
  try {
    const sockets = { rr: join(folder, 'rr.sock'), pe: join(folder, 'pe.sock') };
    stops.push(await started('gobgpd of the reflector', join(folder, 'rr.toml'), sockets.rr));
    stops.push(await started('gobgpd of the PE', join(folder, 'pe.toml'), sockets.pe));
    const all = Array.from({ length: routes }, (_, i) => pathOf(i % pes, i % vrfCount, i));
    await fill(`unix:${sockets.rr}`, all);
    const summary = () =>
      spawnSync('gobgp', ['--target', `unix://${sockets.pe}`, 'global', 'rib', 'summary', '-a', 'vpnv4'], {
        encoding: 'utf8',
      }).stdout;
    for (let tries = 0; tries < 240 && !summary().includes(`Destination: ${routes}`); tries++) await pause(500);
    if (!summary().includes(`Destination: ${routes}`)) throw new Error(`the routes have not come by BGP: ${summary()}`);
    await pause(2000);
    for (let round = 0; round < Number(values.rounds); round++) await connectOnce(`unix:${sockets.pe}`);
  } finally {
    for (const stop of stops) stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function connectOnce(address: string): Promise<void> {
  const router = controlRouter(config(address));
  const log = listLog();
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const adapter = new Adapter(
    router,
    { address, nextHop: router.model.id, staleSeconds: 180, pathsMax: 2_000_000 },
    log,
  );
  const inTables = () => router.control.state.routes.count - vrfCountOfLocal;
  const vrfCountOfLocal = router.control.state.routes.count;
  while (inTables() < routes) await pause(5);
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    `first dump: ${routes} VPNv4 routes in ${seconds.toFixed(2)} s from connecting to the tables, ${((user + system) / 1e6).toFixed(2)} s of CPU here`,
  );
  await adapter.close();
}

/** Updates of many PEs, encoded beforehand, read and brought into the tables of one router. */
function simulate(): void {
  const router = controlRouter(config('127.0.0.1:1'));
  const policies = new Policies(router.model);
  const rib = new Rib(policies.names.length, 4_000_000);
  const learner = new Learner(rib, policies, router.model.id);
  const apply = () => {
    for (let isDone = false; !isDone; ) {
      const changes: Parameters<typeof router.control.apply>[1][number][] = [];
      isDone = rib.takeChanges(4096, (table, key, entry) => {
        const vrf = policies.names[table];
        const prefix = prefixOf(key);
        changes.push(
          entry === undefined
            ? { op: 'delete', route: { vrf, prefix } }
            : { op: 'replace', route: { path: '', vrf, prefix, paths: entry.paths } },
        );
      });
      const result = router.control.apply('gobgp', changes);
      if (!result.ok) throw new Error(JSON.stringify(result));
    }
    router.control.reclaim();
  };
  const take = (bytes: Uint8Array) => {
    const event = new EventReader(Buffer.from(bytes));
    while (event.next()) learner.takeBest(event.path);
    apply();
  };
  const each = Math.floor(updates / pes);
  const from = { from: '192.0.2.9' };
  globalThis.gc?.();
  const before = process.memoryUsage();
  let seconds = 0;
  for (let pe = 0; pe < pes; pe++) {
    for (let first = 0; first < each; first += 500) {
      const count = Math.min(500, each - first);
      const bytes = pathsEvent(
        Array.from({ length: count }, (_, i) =>
          encodeFakePath({ ...pathOf(pe, (first + i) % vrfCount, pe * each + first + i), ...from }),
        ),
      );
      const begun = performance.now();
      take(bytes);
      seconds += performance.now() - begun;
    }
  }
  globalThis.gc?.();
  const after = process.memoryUsage();
  const used = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  console.log(
    `${pes} PEs told ${rib.count} routes: ${Math.round((rib.count / seconds) * 1000)} a second, ${Math.round(used / rib.count)} bytes each in this process, ${megabytes(after.rss)} resident`,
  );
  // A change of label for every PE's first 50 routes, in messages of one UPDATE's size.
  let changed = 0;
  seconds = 0;
  for (let round = 0; round < 4; round++) {
    for (let pe = 0; pe < pes; pe++) {
      const count = Math.min(50, each);
      const bytes = pathsEvent(
        Array.from({ length: count }, (_, i) =>
          encodeFakePath({ ...pathOf(pe, i % vrfCount, pe * each + i), label: 30_000 + round, ...from }),
        ),
      );
      const begun = performance.now();
      take(bytes);
      seconds += performance.now() - begun;
      changed += count;
    }
  }
  console.log(`churn in events of 50: ${Math.round((changed / seconds) * 1000)} changes a second`);
  seconds = 0;
  for (let pe = 0; pe < pes; pe++) {
    const bytes = pathsEvent(
      Array.from({ length: each }, (_, i) =>
        encodeFakePath({ ...pathOf(pe, i % vrfCount, pe * each + i), ...from, isWithdrawal: true }),
      ),
    );
    const begun = performance.now();
    take(bytes);
    seconds += performance.now() - begun;
  }
  console.log(`withdrawals: ${Math.round((each * pes * 1000) / seconds)} a second; ${rib.count} routes are left`);
}

/** How many labels a PE can give, and how fast. */
function labels(): void {
  const manager = new LabelManager({ first: 16, last: 1_048_575, isTaken: () => false, now: () => 0 });
  const begun = performance.now();
  let count = 0;
  while (manager.tryBind(`vrf red prefix ${count}`) !== undefined) count++;
  const seconds = (performance.now() - begun) / 1000;
  console.log(`labels: ${count} bound in ${seconds.toFixed(1)} s`);
}

if (routes > 0) await measureDump();
if (updates > 0) simulate();
if (updates > 0) labels();
