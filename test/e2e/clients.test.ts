// Client commands against the API of a router: what they print, and how they fail.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TestApi } from '../api/support/server.ts';
import { cli, scratch } from './support/cli.ts';

let api: TestApi;
let where: string;
const files = scratch();

beforeAll(async () => {
  api = await TestApi.open();
  where = api.api.address.kind === 'unix' ? `unix:${api.api.address.path}` : '';
});
afterAll(() => api.close());

const ask = (...words: string[]) => cli(...words, '--api', where);

describe('show', () => {
  test.each([
    ['interfaces', /^core1 +up +global +10\.0\.12\.1\/24 2001:db8:0:12::1\/64 +3 +300 +2 +200$/m],
    ['vrfs', /^red +65000:1 +24001 +\d+ +0 +0 +0 +0 +ce1$/m],
    ['routes', /^red +10\.2\.0\.0\/16 +config +via 192\.0\.2\.2 labels 24012$/m],
    ['labels', /^16001 +config +via 10\.0\.12\.2 labels 16005$/m],
    ['neighbors', /^core1 +10\.0\.12\.2 +02:00:00:00:00:02 +static$/m],
    ['pseudowires', /^acme +192\.0\.2\.2 +24050 +24060 +ethernet +0 +0 +0 +0 +up +active$/m],
    ['bridges', /^lan +0 +0 +0 +0 +0 +0 +ce1\.300/m],
    ['macs', /^lan +02:cc:00:00:00:01 +ce1\.300 +static$/m],
    ['bindings', /^24001 +vrf red +configured$/m],
    ['counters', /^arp +1$/m],
  ])('%s prints a table, or JSON', async (what, line) => {
    const text = await ask('show', what);
    expect(text).toMatchObject({ status: 0, err: '', out: expect.stringMatching(line) });
    const { out } = await ask('show', what, '--json');
    expect(JSON.parse(out)).toBeInstanceOf(Object);
  });

  test('an empty table prints nothing', async () => {
    expect(await ask('show', 'macs', 'bridge', 'other')).toEqual({ status: 0, out: '', err: '' });
  });

  test('what is cut says so', async () => {
    const { out, err } = await ask('show', 'routes', '--limit', '1');
    expect(out.trimEnd().split('\n')).toHaveLength(2);
    expect(err).toBe('shimline: there are more; --limit N shows N, --json too\n');
  });

  test.each([
    [['show', 'rotues'], "did you mean 'routes'?"],
    [['show', 'routes', 'vrf'], "'vrf' wants a value behind it"],
    [['show', 'routes', 'vfr', 'red'], "vfr: unknown key 'vfr'; did you mean 'vrf'?"],
    [['show', 'route'], 'an address is due'],
    [['show', 'route', '10.0.0.0/8'], 'address: expected an address'],
    [['show', 'route', '10.0.0.1', 'vrf', 'nobody'], 'vrf: no VRF "nobody"'],
  ])('%j is wrong', async (words, message) => {
    const { status, out, err } = await ask(...words);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toContain(`shimline: `);
    expect(err).toContain(message);
  });
});

describe('mac flush', () => {
  test('says how many are forgotten, of all or in one place', async () => {
    const { flushes } = api.router.plane;
    expect(await ask('mac', 'flush')).toEqual({ status: 0, out: '7 forgotten\n', err: '' });
    const { out } = await ask('mac', 'flush', 'bridge', 'lan', 'interface', 'ce1.300', '--json');
    expect(JSON.parse(out)).toEqual({ flushed: 7 });
    expect(flushes).toEqual([{}, { bridge: 'lan', interface: 'ce1.300' }]);
  });

  test.each([
    [['bridge'], "'bridge' wants a value behind it"],
    [['bridge', 'lam'], 'bridge: no bridge "lam"'],
    [['brigde', 'lan'], "brigde: unknown key 'brigde'; did you mean 'bridge'?"],
  ])('%j is wrong', async (words, message) => {
    const { status, out, err } = await ask('mac', 'flush', ...words);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toContain(message);
  });
});

test('top prints rates once', async () => {
  const { status, out } = await ask('top', '--once', '--interval', '0.1');
  expect(status).toBe(0);
  expect(out).toMatch(/^Frames a second: 0 in, 0 out/);
  expect(out).toMatch(/^core1 +0 +0 +0 +0$/m);
});

test('events are printed as they come', async () => {
  const printed = ask('events', '--limit', '1', '--kinds', 'port', '--json');
  const timer = setInterval(() => api.router.plane.tell({ kind: 'port', port: 'ce1', up: true }), 50);
  const { status, out } = await printed;
  clearInterval(timer);
  expect(status).toBe(0);
  expect(JSON.parse(out)).toEqual({ event: 'port', port: 'ce1', up: true });
});

describe('changes', () => {
  test('are told by the version', async () => {
    const { version } = api.router.truth;
    expect(await ask('route', 'add', '10.9.0.0/16', 'vrf', 'red', 'via', '192.0.2.2', 'labels', '24019')).toMatchObject(
      {
        status: 0,
        out: `version ${version + 1}\n`,
      },
    );
    const del = await ask('route', 'del', '10.9.0.0/16', 'vrf', 'red', '--json', '--if-version', String(version + 1));
    expect(JSON.parse(del.out)).toEqual({ version: version + 2 });
    const late = await ask('route', 'add', '10.9.0.0/16', 'drop', '--if-version', String(version));
    expect(late).toMatchObject({
      status: 2,
      err: `the configuration has changed meanwhile: its version is ${version + 2}\n`,
    });
  });

  test.each([
    [['route', 'add', '10.9.0.0/99', 'drop'], 2, 'prefix: prefix length of 10.9.0.0/99'],
    [['route', 'add', '10.9.0.0/16', 'via', 'x'], 2, 'via: expected an address'],
    [['route', 'add', '10.9.0.0/16', 'vai', 'x'], 1, "'vai' is no word of a path"],
    [['route', 'del', '10.99.0.0/16'], 2, 'is not there'],
    [['route', 'del', '10.9.0.0/16', 'via', 'x'], 1, 'takes the key alone'],
    [['label', 'add', '3', 'pop'], 2, 'label out of range'],
    [['neighbor', 'add', 'core1', '10.0.12.9'], 2, "missing key 'mac'"],
    [['neighbor', 'add', 'core1', '10.0.12.9', 'x', 'y'], 1, "'y' is too much"],
    [['route', 'add', '10.9.0.0/16', 'drop', '--source', 'A'], 2, 'the name of a source'],
  ])('%j is refused', async (words, status, message) => {
    const { version } = api.router.truth;
    const answer = await ask(...words);
    expect(answer).toMatchObject({ status, out: '' });
    expect(answer.err).toContain(message);
    expect(api.router.truth.version).toBe(version);
  });
});

describe('apply', () => {
  test('takes a file over', async () => {
    const yaml = (await api.ask('/config', { headers: { accept: 'application/yaml' } })).text;
    const file = files.file('pe1.yaml', yaml);
    const { version } = api.router.truth;
    expect(await ask('apply', file)).toMatchObject({ status: 0, out: `version ${version + 1}\n` });
  });

  test('sends what is long as JSON', async () => {
    const config = (await api.ask('/config')).json;
    const routes = Array.from({ length: 8000 }, (_, i) => ({
      prefix: `10.${100 + (i >> 8)}.${i & 255}.0/24`,
      drop: true,
    }));
    const file = files.file('long.json', JSON.stringify({ ...config, routes }));
    expect(await ask('apply', file)).toMatchObject({ status: 0 });
    expect(api.router.truth.configModel().routes).toHaveLength(8000);
    const back = files.file('back.json', JSON.stringify(config));
    expect(await ask('apply', back)).toMatchObject({ status: 0 });
  });

  test('names every mistake with its place in the file', async () => {
    const file = files.file('wrong.yaml', 'interfaces:\n  ce1: {mtu: big}\nrouts: []\n');
    const { status, err } = await ask('apply', file);
    expect(status).toBe(2);
    expect(err.split('\n')).toEqual([
      expect.stringContaining(`${file}:2:3 interfaces.ce1: missing key 'device'`),
      `${file}:2:14 interfaces.ce1.mtu: expected a whole number from 28 to 65535, got "big"`,
      `${file}:3:1 routs: unknown key 'routs'; did you mean 'routes'?`,
      '',
    ]);
    expect(await ask('apply', files.path('none.yaml'))).toMatchObject({
      status: 1,
      err: expect.stringContaining('no such file'),
    });
  });
});

describe('a router', () => {
  const runtime = process.env.XDG_RUNTIME_DIR;
  afterEach(() => {
    delete process.env.SHIMLINE_TOKEN;
    if (runtime === undefined) delete process.env.XDG_RUNTIME_DIR;
    else process.env.XDG_RUNTIME_DIR = runtime;
  });

  test('that does not run is missed by name', async () => {
    process.env.XDG_RUNTIME_DIR = files.path('empty');
    const none = await cli('show', 'routes');
    expect(none).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^shimline: no router runs here: .*\/empty\/shimline has no socket/),
    });
    const path = files.path('none.sock');
    expect(await cli('show', 'routes', '--api', `unix:${path}`)).toMatchObject({
      status: 1,
      err: `shimline: unix:${path}: nothing is there: does the router run?\n`,
    });
    expect(await cli('show', 'routes', '--api', 'none')).toMatchObject({ status: 1 });
    expect(await cli('show', 'routes', '--api', 'x')).toMatchObject({
      status: 1,
      err: expect.stringContaining('expected unix:PATH'),
    });
  });

  test('is found by itself, and of several one has to be named', async () => {
    const folder = files.path('run');
    process.env.XDG_RUNTIME_DIR = folder;
    const address = (name: string) => ({ kind: 'unix', path: `${folder}/shimline/${name}.sock` }) as const;
    const one = await TestApi.open({ address: address('one') });
    expect(await cli('show', 'labels')).toMatchObject({ status: 0 });
    const two = await TestApi.open({ address: address('two') });
    const { status, err } = await cli('show', 'labels');
    expect(status).toBe(1);
    expect(err).toMatch(/several routers run here: say which by --api unix:.*one\.sock or unix:.*two\.sock/);
    await two.close();
    await one.close();
  });

  test('on a port is asked with its token', async () => {
    const tcp = await TestApi.open({ address: { kind: 'tcp', host: '127.0.0.1', port: 0 }, token: 'right' });
    const { address } = tcp.api;
    const at = address.kind === 'tcp' ? `tcp:127.0.0.1:${address.port}` : '';
    expect(await cli('show', 'vrfs', '--api', at)).toMatchObject({
      status: 1,
      err: expect.stringContaining('SHIMLINE_TOKEN'),
    });
    process.env.SHIMLINE_TOKEN = 'wrong';
    expect(await cli('show', 'vrfs', '--api', at)).toMatchObject({
      status: 1,
      err: 'shimline: a bearer token is due, and the right one\n',
    });
    process.env.SHIMLINE_TOKEN = 'right';
    expect(await cli('show', 'vrfs', '--api', at)).toMatchObject({ status: 0 });
    const file = files.file('token', 'right\n');
    process.env.SHIMLINE_TOKEN = 'wrong';
    expect(await cli('show', 'vrfs', '--api', at, '--token-file', file)).toMatchObject({ status: 0 });
    await tcp.close();
  });
});
