// FPM as a whole in a namespace of its own: it listens where zebra is, knows the interfaces there by their numbers, and follows
// the configuration.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasNamespaces, makeNamespace, netnsTitle, type TestNamespace, until } from '../../../test/support/netns.ts';
import { FakeZebra, fpmFrame, newRoute } from '../../../test/support/zebra.ts';
import { parseConfig } from '../../control/config/index.ts';
import { RouterControl, routeConfig } from '../../control/live/index.ts';
import type { AdapterRouter } from '../adapter.ts';
import { type Fpm, openFpm } from './index.ts';

const config = (fpm: string, core = 'controlPort: {name: core1, netns: cp}') => `router: {name: pe1, id: 192.0.2.1}
interfaces:
  core1: {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/30], ${core}}
${fpm}
`;
const modelOf = (text: string) => parseConfig(text, 'pe1.yaml', { live: true });

let log: string[];
let control: RouterControl;
let fpm: Fpm | undefined;
const zebras: FakeZebra[] = [];

async function open(text: string): Promise<Fpm> {
  control = new RouterControl(modelOf(text), { live: true });
  const write = (_: object, message: string) => void log.push(message);
  const router: AdapterRouter = {
    control,
    apply: async (source, changes) => control.apply(source, changes),
    sweep: async (source) => control.sweep(source),
  };
  fpm = await openFpm(router, { debug: write, info: write, warn: write, error: write });
  return fpm;
}

async function busyPort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, free: () => new Promise((resolve) => server.close(resolve)) };
}

async function freePort(): Promise<number> {
  const { port, free } = await busyPort();
  await free();
  return port;
}

const routes = () => [...control.routes({ source: 'fpm' })].map((each) => JSON.stringify(routeConfig(each)));

beforeEach(() => {
  log = [];
});
afterEach(async () => {
  for (const zebra of zebras.splice(0)) zebra.close();
  await fpm?.close();
  fpm = undefined;
});

async function connect(port: number, host?: string): Promise<FakeZebra> {
  const zebra = await FakeZebra.connect(port, host);
  zebras.push(zebra);
  return zebra;
}

describe('where we are', () => {
  const plain = (fpm: string) => config(fpm, 'urpf: loose');

  test('without a section nothing listens; one that comes is followed, another address too, and its end', async () => {
    const opened = await open(plain(''));
    expect(opened.view()).toBeUndefined();
    const [first, second] = [await freePort(), await freePort()];
    control.replaceConfig(modelOf(plain(`fpm: {listen: "127.0.0.1:${first}"}`)));
    await opened.follow();
    const zebra = await connect(first);
    zebra.send(newRoute('10.3.0.0/16', { via: '10.0.12.2' }));
    await until('a route', () => routes().length === 1);
    control.replaceConfig(modelOf(plain(`fpm: {listen: "127.0.0.1:${second}"}`)));
    await opened.follow();
    await until('the old session is over', () => zebra.isClosed);
    expect(routes()).toHaveLength(1);
    expect([...control.sourceViews()].find(({ source }) => source === 'fpm')).toMatchObject({ routes: 1, stale: 1 });
    const again = await connect(second);
    again.send(newRoute('10.3.0.0/16', { via: '10.0.12.2' }));
    await until('it is fresh', () => control.sourceViews().every(({ stale }) => stale === 0));
    // Seen without being told.
    control.replaceConfig(modelOf(plain('')));
    await until('it is over, and nothing is left', () => routes().length === 0 && opened.view() === undefined);
  });

  test('IPv6', async () => {
    const port = await freePort();
    await open(plain(`fpm: {listen: "[::1]:${port}"}`));
    (await connect(port, '::1')).send(newRoute('10.3.0.0/16', { via: '10.0.12.2' }));
    await until('a route', () => routes().length === 1);
    expect(fpm?.view()).toMatchObject({ address: `[::1]:${port}`, isConnected: true });
  });

  test('an address that somebody has: an error at start, later said once and tried again', async () => {
    const { port, free } = await busyPort();
    const text = plain(`fpm: {listen: "127.0.0.1:${port}"}`);
    await expect(open(text)).rejects.toThrow(`fpm.listen 127.0.0.1:${port}: address already in use`);
    const opened = await open(plain(''));
    control.replaceConfig(modelOf(text));
    await opened.follow();
    await opened.follow();
    expect(log.filter((line) => line.includes('address already in use'))).toHaveLength(1);
    await free();
    await until('it listens', () => opened.view() !== undefined);
  });
});

describe.skipIf(!hasNamespaces)(netnsTitle('in the namespace of the control ports'), () => {
  let there: TestNamespace;
  beforeEach(() => {
    there = makeNamespace('fpm');
    there.ip('link set lo up');
  });
  afterEach(() => there.remove());

  /** A zebra in there: sends, and stays for as long as its input is open. */
  function zebraThere(port: number) {
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port} && cat >&3`;
    const child = spawn('ip', ['netns', 'exec', there.name, 'bash', '-c', script], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    return child.stdin;
  }

  test('zebra is waited for there, and its interfaces are known by their numbers', async () => {
    there.ip('link add core1 type veth peer name other');
    const index = Number(/^(\d+):/.exec(there.ip('-o link show dev core1'))?.[1]);
    await open(config('fpm: {}', `controlPort: {name: core1, netns: ${there.name}}`));
    const zebra = zebraThere(2620);
    zebra.write(fpmFrame(newRoute('10.3.0.0/16', { via: '10.0.12.2', dev: index })));
    await until('a route', () => routes().length === 1);
    expect(routes()[0]).toBe('{"vrf":"global","prefix":"10.3.0.0/16","via":"10.0.12.2","interface":"core1"}');
    // An interface that comes later.
    zebra.write(fpmFrame(newRoute('10.4.0.0/16', { via: '172.16.0.1', dev: index + 100 })));
    await until('it is refused', () => (fpm?.view()?.refused['unknown-interface'] ?? 0) === 1);
    there.ip('link del core1');
    there.ip(`link add core1 index ${index + 100} type veth peer name other`);
    const again = zebraThere(2620);
    again.write(fpmFrame(newRoute('10.4.0.0/16', { via: '172.16.0.1', dev: index + 100 })));
    await until('it is taken', () => routes().some((route) => route.includes('10.4.') && route.includes('core1')));
    zebra.end();
    again.end();
    await until('both are gone', () => fpm?.view()?.isConnected === false);
  });

  test('an address that somebody has there, one that is none of its own, a namespace that is not there', async () => {
    const port = `controlPort: {name: core1, netns: ${there.name}}`;
    await open(config('fpm: {}', port));
    await expect(open(config('fpm: {}', port))).rejects.toThrow(
      `fpm.listen 127.0.0.1:2620: network namespace ${there.name}: address already in use`,
    );
    await expect(open(config('fpm: {listen: "10.99.0.1:2620"}', port))).rejects.toThrow('address not available');
    await expect(open(config('fpm: {netns: shim-nowhere}', port))).rejects.toThrow(
      'fpm.netns: there is no network namespace shim-nowhere',
    );
  });
});
