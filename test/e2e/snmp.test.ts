// A running router behind Debian's snmpd, asked by net-snmp's own commands: what they read is what the configuration says.
// snmpd is one of the test's own, with its configuration, its state and its ports; the system's is left alone.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasTool } from '../live/support/tools.ts';
import { mainArguments, projectRoot, scratch } from './support/cli.ts';

const root = '1.3.6.1.2.1.10.166.11';
const absent = ['snmpd', 'snmpwalk'].filter((tool) => !hasTool(tool));
const title = `MPLS-L3VPN-STD-MIB${absent.length === 0 ? '' : ` (${absent.join(', ')} not installed: skipped)`}`;
const files = scratch();
/** No MIB files, no user's configuration, and state of its own. */
const env = { ...process.env, MIBS: '', SNMPCONFPATH: files.path(), SNMP_PERSISTENT_DIR: files.path('state') };

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

const config = (agentx: number, extra = '') => `
router: {name: pe1, id: 192.0.2.1}
interfaces:
  a: {device: {loopback: cable}, vrf: red, addresses: [10.1.0.1/24, "2001:db8:1::1/64"]}
  b: {device: {loopback: cable}, mpls: true, addresses: [172.31.1.1/30]}
  c: {device: {pcap: {out: ${files.path('c.pcap')}}}, vrf: blue, addresses: [10.1.0.1/24]}
vrfs:
  red: {rd: "65000:1", import: ["65000:1", "65000:9"], export: ["65000:1"]}
  blue: {rd: "65000:2"}
routes:
  - {prefix: 192.0.2.2/32, via: 172.31.1.2, labels: [16002]}
  - {vrf: red, prefix: 10.2.0.0/24, via: 192.0.2.2, labels: [24201]}
  - {vrf: red, prefix: 10.9.0.0/16, drop: true}
  - {vrf: red, prefix: "2001:db8:2::/64", via: 192.0.2.2, labels: [24201]}
${extra}
snmp: {agentx: "tcp:127.0.0.1:${agentx}"}
`;

let udp: number;
let tcp: number;
const children = new Set<ChildProcess>();

function start(command: string, args: readonly string[]): { child: ChildProcess; text: () => string } {
  const child = spawn(command, args, { cwd: projectRoot, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (part) => {
      text += String(part);
    });
  }
  children.add(child);
  child.once('close', () => children.delete(child));
  return { child, text: () => text };
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
  return child.exitCode;
}

/** Waits for a text of a process to hold a pattern so many times. */
async function said(process: { child: ChildProcess; text: () => string }, pattern: RegExp, times = 1): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if ((process.text().match(new RegExp(pattern, 'g')) ?? []).length >= times) return;
    await pause(50);
  }
  throw new Error(`${pattern} was not said ${times} times:\n${process.text()}`);
}

async function startSnmpd() {
  const file = files.path('snmpd.conf');
  writeFileSync(
    file,
    [
      `agentAddress udp:127.0.0.1:${udp}`,
      'rocommunity public 127.0.0.1',
      'rwcommunity private 127.0.0.1',
      'master agentx',
      `agentXSocket tcp:127.0.0.1:${tcp}`,
    ].join('\n'),
  );
  const snmpd = start('/usr/sbin/snmpd', ['-f', '-Lo', '-C', '-c', file]);
  await said(snmpd, /NET-SNMP version/);
  return snmpd;
}

async function startRouter(text: string, ...args: string[]) {
  const file = files.file('pe1.yaml', text);
  const router = start(process.execPath, [...mainArguments, 'run', '-c', file, '--log-format', 'json', ...args]);
  await said(router, /"ready"/);
  return router;
}

/** The lines of a command of net-snmp, names as numbers, octets in hexadecimal. */
function ask(command: string, oid: string, ...more: string[]): string[] {
  const args = ['-v2c', '-c', 'public', '-t', '5', '-r', '2', '-On', '-Ox', ...more, `127.0.0.1:${udp}`, oid];
  const text = execFileSync(command, args, { env, encoding: 'utf8', timeout: 60_000 });
  return text.split('\n').filter((line) => line.startsWith('.'));
}

const row = (numbers: string, value: string) => `.${root}.1.${numbers} = ${value}`;
const hexOf = (text: string) =>
  `Hex-STRING: ${[...Buffer.from(text)].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ')} `;
const red = '3.114.101.100';

describe.skipIf(absent.length > 0)(title, () => {
  beforeAll(async () => {
    mkdirSync(files.path('state'), { recursive: true });
    [udp, tcp] = [await freeUdpPort(), await freeTcpPort()];
  });
  afterEach(async () => {
    for (const child of [...children]) await stop(child);
  });
  afterAll(() => expect(children.size).toBe(0));

  test('a walk reads the VPNs of the router, in one order however it is done', async () => {
    await startSnmpd();
    const router = await startRouter(config(tcp));
    await said(router, /registered with the AgentX master/);
    const walked = ask('snmpwalk', root);
    for (const line of [
      row('1.1.0', 'Gauge32: 2'),
      row('1.2.0', 'Gauge32: 2'),
      row('1.3.0', 'Gauge32: 2'),
      row(`2.1.1.5.${red}.1000000001`, 'INTEGER: 1'),
      row(`2.2.1.4.${red}`, hexOf('65000:1')),
      row(`2.2.1.6.${red}`, 'INTEGER: 1'),
      row(`2.3.1.4.${red}.1.3`, hexOf('65000:1')),
      row(`2.3.1.4.${red}.2.1`, hexOf('65000:9')),
      row(`3.1.1.3.${red}`, 'Gauge32: 8'),
      row(`4.1.1.8.${red}.1.4.10.2.0.0.24.2.0.0.1.4.192.0.2.2`, 'INTEGER: 4'),
      row(`4.1.1.8.${red}.1.4.10.9.0.0.16.2.0.0.0.0`, 'INTEGER: 5'),
      row(`4.1.1.12.${red}.1.4.10.9.0.0.16.2.0.0.0.0`, 'INTEGER: -1'),
      row(`4.1.1.8.${red}.2.16.32.1.13.184.0.2.0.0.0.0.0.0.0.0.0.0.64.2.0.0.1.4.192.0.2.2`, 'INTEGER: 4'),
    ]) {
      expect(walked).toContain(line);
    }
    // 7 scalars, 2 interfaces of 4 columns, 2 VRFs of 14, 2 targets of 4, 2 counts of 5, 11 routes of 12.
    expect(walked).toHaveLength(7 + 8 + 28 + 8 + 10 + 11 * 12);
    // Ages go on between two walks.
    const still = (lines: string[]) => lines.filter((line) => !line.startsWith(`.${root}.1.4.1.1.10.`));
    expect(still(ask('snmpbulkwalk', root, '-Cr25'))).toEqual(still(walked));
    expect(ask('snmpget', `${root}.1.1.1.0`)).toEqual([row('1.1.0', 'Gauge32: 2')]);
    expect(ask('snmpget', `${root}.1.1.8.0`)[0]).toMatch(/No Such Object/);
    expect(ask('snmpget', `${root}.1.2.2.1.4.3.114.101.101`)[0]).toMatch(/No Such Instance/);
    expect(await stop(router.child)).toBe(0);
    expect(ask('snmpget', `${root}.1.1.1.0`)[0]).toMatch(/No Such Object/);
  });

  test('nothing can be set', async () => {
    await startSnmpd();
    await said(await startRouter(config(tcp)), /registered with the AgentX master/);
    const args = ['-v2c', '-c', 'private', `127.0.0.1:${udp}`, `${root}.1.1.4.0`, 'i', '1'];
    expect(() => execFileSync('snmpset', args, { env, encoding: 'utf8', stdio: 'pipe' })).toThrow(/notWritable/);
    expect(ask('snmpget', `${root}.1.1.4.0`)).toEqual([row('1.4.0', 'INTEGER: 2')]);
  });

  test('snmpd comes late, goes, and comes back; the router runs on, and a new configuration is read', async () => {
    const router = await startRouter(config(tcp));
    await said(router, /no AgentX master/);
    const first = await startSnmpd();
    await said(router, /registered with the AgentX master/);
    await stop(first.child);
    await said(router, /no AgentX master/, 2);
    await startSnmpd();
    await said(router, /registered with the AgentX master/, 2);
    files.file('pe1.yaml', config(tcp, '  - {vrf: blue, prefix: 10.66.0.0/16, drop: true}'));
    router.child.kill('SIGHUP');
    await said(router, /configuration reloaded/);
    expect(ask('snmpget', `${root}.1.4.1.1.8.4.98.108.117.101.1.4.10.66.0.0.16.2.0.0.0.0`)[0]).toMatch(/INTEGER: 5$/);
    expect(await stop(router.child)).toBe(0);
    expect(router.text()).toMatch(/Frames:/);
    expect(router.text().match(/no AgentX master/g)).toHaveLength(2);
  });
});
