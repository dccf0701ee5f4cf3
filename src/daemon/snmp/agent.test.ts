// Sessions with masters that are there, that are not, and that misbehave: the agent says so once, comes back, and lives on.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MadeMaster, pduOf, searchBytes } from '../../../test/support/agentx-master.ts';
import { MadeView } from '../../../test/support/snmp-view.ts';
import { SnmpAgent } from './agent.ts';
import { AgentXError, PduType } from './agentx-pdu.ts';
import { l3vpnRoot } from './l3vpn-mib.ts';

const closeType = 2;
const vrfs = [...l3vpnRoot, 1, 1, 1, 0];
const created = [...l3vpnRoot, 1, 2, 2, 1, 5, 1, 98];

let master: MadeMaster;
let agent: SnmpAgent;
let lines: string[];

beforeEach(async () => {
  lines = [];
  const say = (level: string) => (_: object, message: string) => void lines.push(`${level} ${message}`);
  const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  master = await MadeMaster.listen();
  const view = new MadeView({ b: { createdAt: Date.now() + 3_600_000 } });
  agent = new SnmpAgent(view, { log, description: 'a router', retryMilliseconds: 20 });
});

afterEach(async () => {
  await agent.close();
  await master.close();
});

const follow = (port = master.port) => agent.follow({ host: '127.0.0.1', port });
const registered = () => lines.filter((line) => line === 'info registered with the AgentX master').length;
const get = (packet: number, oid = vrfs) => pduOf(PduType.get, master.session, packet, searchBytes([{ start: oid }]));

test('it registers, answers with the numbers of the request, and takes leave', async () => {
  await follow();
  await master.until(() => registered() === 1);
  master.send(get(0));
  await master.until(() => master.responses.length === 1);
  const [response] = master.responses;
  expect(response).toMatchObject({ packet: 0, transaction: 77, error: 0, index: 0 });
  expect(response?.rest.readUInt16BE(0)).toBe(66);
  expect(response?.rest.readUInt32BE((response?.rest.length ?? 0) - 4)).toBe(1);
  await agent.close();
  expect(master.seen).toContain(closeType);
  expect(lines).toEqual(['info registered with the AgentX master']);
});

test("times are the master's sysUpTime", async () => {
  await follow();
  await master.until(() => registered() === 1);
  master.send(get(3, created));
  await master.until(() => master.responses.length === 1);
  const rest = master.responses[0]?.rest as Buffer;
  const ticks = rest.readUInt32BE(rest.length - 4);
  // The master said 4200; the VRF of this test is of an hour later.
  expect(Math.abs(ticks - 364_200)).toBeLessThan(6000);
});

test('requests in pieces, and several in one piece', async () => {
  await follow();
  await master.until(() => registered() === 1);
  const bytes = Buffer.concat([get(1), get(2), get(3)]);
  master.send(bytes.subarray(0, 90));
  await new Promise((resolve) => setTimeout(resolve, 20));
  master.send(bytes.subarray(90));
  await master.until(() => master.responses.length === 3);
  expect(master.responses.map(({ packet, error }) => [packet, error])).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
  ]);
});

test('a set is refused', async () => {
  await follow();
  await master.until(() => registered() === 1);
  master.send(pduOf(PduType.testSet, master.session, 8, Buffer.alloc(0)));
  await master.until(() => master.responses.length === 1);
  expect(master.responses[0]).toMatchObject({ packet: 8, error: AgentXError.notWritable, index: 1 });
});

test.each([
  ['goes', () => master.drop()],
  ['closes the session', () => master.send(pduOf(closeType, master.session, 1, Buffer.alloc(4)))],
  ['sends no AgentX', () => master.send(Buffer.from('GET / HTTP/1.1\r\nHost: nobody\r\n\r\n'))],
  ['sends a PDU without end', () => master.send(Buffer.concat([Buffer.from([1, 5, 16, 0]), Buffer.alloc(16, 255)]))],
])('a master that %s is missed once and come back to', async (_, act) => {
  await follow();
  await master.until(() => registered() === 1);
  act();
  await master.until(() => registered() === 2);
  expect(master.connections).toBe(2);
  expect(lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
});

test('answers that nobody waits for, or that are too short, do no harm', async () => {
  await follow();
  await master.until(() => registered() === 1);
  master.send(pduOf(PduType.response, master.session, 123456, Buffer.alloc(8)));
  master.send(pduOf(PduType.response, master.session, 123456, Buffer.alloc(0)));
  master.send(get(1));
  await master.until(() => master.responses.length === 1);
  expect(registered()).toBe(1);
});

test.each([
  ['open', AgentXError.requestDenied, /refused the session: not allowed/],
  ['register', AgentXError.duplicateRegistration, /refused 1\.3\.6\.1\.2\.1\.10\.166\.11: somebody has registered/],
] as const)('a master that refuses to %s: one line, however often it is tried', async (what, error, text) => {
  master.refusals = { [what]: error };
  await follow();
  await master.until(() => master.connections >= 3);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(text);
  master.refusals = {};
  await master.until(() => registered() === 1);
  expect(lines).toHaveLength(2);
});

test('nobody there: one line, and it registers when there is', async () => {
  const { port } = master;
  await master.close();
  await follow(port);
  while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(lines[0]).toMatch(/^warn no AgentX master: .*ECONNREFUSED/);
  master = await MadeMaster.listen(port);
  await master.until(() => registered() === 1);
  expect(lines).toHaveLength(2);
});

test('another address, then none', async () => {
  await follow();
  await master.until(() => registered() === 1);
  await follow();
  expect(master.connections).toBe(1);
  const other = await MadeMaster.listen();
  await follow(other.port);
  await other.until(() => registered() === 2);
  expect(master.seen).toContain(closeType);
  await agent.follow(undefined);
  expect(other.seen).toContain(closeType);
  await other.close();
});
