// Every operation of the API, as its own document lists them.
import { Value } from '@sinclair/typebox/value';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigSchema } from '../../src/control/config/index.ts';
import * as schemas from '../../src/daemon/api/schemas.ts';
import { newTestRouter, type TestRouter, truths } from './support/router.ts';
import { type Answer, type Asked, TestApi } from './support/server.ts';

describe.each(truths)('changed %s', (kind) => {
  let api: TestApi<TestRouter>;
  const asked = new Set<string>();

  beforeAll(async () => {
    api = await TestApi.open({}, newTestRouter(kind));
  });
  afterAll(async () => {
    const document = (await api.ask('/openapi.json')).json as { paths: Record<string, Record<string, object>> };
    asked.add('get /openapi.json');
    const all = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    // /events and /capture have tests of their own.
    const missing = all.filter((each) => !asked.has(each) && !/\/(events|capture)$/.test(each));
    expect(missing).toEqual([]);
    await api.close();
  });

  function ask(path: string, options: Asked = {}): Promise<Answer> {
    asked.add(
      `${(options.method ?? (options.body === undefined ? 'GET' : 'POST')).toLowerCase()} ${path.split('?')[0]}`,
    );
    return api.ask(path, options);
  }

  const transact = (body: object) => ask('/transactions', { body });
  const ndjson = (lines: readonly unknown[], headers = {}) => ({
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    body: lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  });
  const rowsOf = (answer: Answer, name: string) => answer.json[name] as Readonly<Record<string, unknown>>[];
  const prefixes = (answer: Answer) => rowsOf(answer, 'routes').map(({ prefix }) => prefix);

  describe('lists', () => {
    const rows = {
      interfaces: schemas.interfaceRow,
      vrfs: schemas.vrfRow,
      routes: schemas.routeRow,
      labels: schemas.labelRow,
      neighbors: schemas.neighborRow,
      pseudowires: schemas.pseudowireRow,
      bridges: schemas.bridgeRow,
      macs: schemas.macRow,
      bindings: schemas.bindingRow,
      sources: schemas.sourceRow,
    };

    test.each(Object.entries(rows))(
      '%s have the rows of their schema, as an object and as lines',
      async (name, schema) => {
        const answer = await ask(`/${name}`);
        expect(answer.status).toBe(200);
        expect(answer.json).toMatchObject({ version: expect.any(Number), more: false });
        for (const row of rowsOf(answer, name)) expect([...Value.Errors(schema, row)]).toEqual([]);
        const lines = await ask(`/${name}`, { headers: { accept: 'application/x-ndjson' } });
        expect(lines.headers['content-type']).toBe('application/x-ndjson');
        const read = lines.text.split('\n').filter((line) => line !== '');
        expect(read.map((line) => JSON.parse(line) as unknown)).toEqual(rowsOf(answer, name));
      },
    );

    test('filters leave what they name', async () => {
      expect(prefixes(await ask('/routes?vrf=red&source=config'))).toEqual(['10.2.0.0/16']);
      expect(prefixes(await ask('/routes?vrf=global&prefix=192.0.2.0/24'))).toEqual(['192.0.2.1/32', '192.0.2.2/32']);
      expect(prefixes(await ask('/routes?family=6&source=local'))).toContain('2001:db8:0:12::/64');
      expect(rowsOf(await ask('/labels?label=16001'), 'labels')).toMatchObject([{ paths: [{ labels: [16005] }] }]);
      expect(rowsOf(await ask('/neighbors?interface=core1&prefix=10.0.12.2'), 'neighbors')).toHaveLength(1);
      expect(rowsOf(await ask('/neighbors?interface=ce1'), 'neighbors')).toHaveLength(0);
      expect(rowsOf(await ask('/interfaces?vrf=blue'), 'interfaces')).toMatchObject([{ name: 'ce1.100', up: false }]);
      expect(rowsOf(await ask('/interfaces?name=core1'), 'interfaces')).toMatchObject([
        { up: true, in: { frames: 3 }, device: { receiveLost: 1 } },
      ]);
    });

    test('filters of layer 2', async () => {
      const found = async (query: string) => rowsOf(await ask(`/macs?${query}`), 'macs').map(({ mac }) => mac);
      const mac = '02:cc:00:00:00:01';
      expect(await found('bridge=lan&interface=ce1.300')).toEqual([mac]);
      expect(await found(`mac=${mac.toUpperCase()}`)).toEqual([mac]);
      for (const none of ['bridge=other', 'interface=ce1', 'pseudowire=acme', 'mac=02:cc:00:00:00:02', 'vlan=0'])
        expect(await found(none)).toEqual([]);
      expect(rowsOf(await ask('/pseudowires?name=acme'), 'pseudowires')).toMatchObject([{ up: true, role: 'active' }]);
      expect(rowsOf(await ask('/pseudowires?name=lan'), 'pseudowires')).toEqual([]);
      expect(rowsOf(await ask('/bridges?name=lan'), 'bridges')).toMatchObject([{ learned: 0 }]);
    });

    test('limit and offset cut pages', async () => {
      const all = prefixes(await ask('/routes'));
      const first = await ask('/routes?limit=3');
      expect(first.json.more).toBe(true);
      const rest = await ask('/routes?offset=3');
      expect([...prefixes(first), ...prefixes(rest)]).toEqual(all);
    });

    test.each([
      ['/routes?prefix=10.0.0.0/99', 'prefix'],
      ['/routes?limit=0', 'limit'],
      ['/routes?limit=1e3', 'limit'],
      ['/routes?limit=1&limit=2', 'limit'],
      ['/routes?vfr=red', 'vfr'],
      ['/labels?label=99999999', 'label'],
      ['/routes?state=odd', 'state'],
    ])('%s is refused at its parameter', async (path, parameter) => {
      const answer = await ask(path);
      expect(answer.status).toBe(400);
      expect(answer.json.errors).toMatchObject([{ path: parameter }]);
    });
  });

  test('a look-up is explained to the last label', async () => {
    const { json } = await ask('/routes/explain?vrf=red&address=10.2.0.9');
    expect(json).toMatchObject({ vrf: 'red', address: '10.2.0.9' });
    const text = (json.steps as string[]).join('\n');
    for (const part of ['10.2.0.0/16', 'push 24012', 'push 16002', '02:00:00:00:00:02']) expect(text).toContain(part);
    expect((await ask('/routes/explain?vrf=none&address=10.2.0.9')).status).toBe(404);
    expect((await ask('/routes/explain?address=10.2')).status).toBe(400);
    expect((await ask('/routes/explain')).json.errors).toMatchObject([{ message: "missing key 'address'" }]);
  });

  test('MAC addresses are forgotten in a place that is there', async () => {
    const flush = (query: string) => ask(`/macs/flush${query}`, { method: 'POST' });
    for (const query of ['', '?bridge=lan', '?bridge=lan&interface=ce1.300', '?pseudowire=acme']) {
      const { status, json } = await flush(query);
      expect({ status, json }).toEqual({ status: 200, json: { flushed: 7 } });
      expect([...Value.Errors(schemas.flushSchema, json)]).toEqual([]);
    }
    expect(api.router.plane.flushes).toEqual([
      {},
      { bridge: 'lan' },
      { bridge: 'lan', interface: 'ce1.300' },
      { pseudowire: 'acme' },
    ]);
    expect(await flush('?bridge=lam')).toMatchObject({ status: 404, json: { errors: [{ path: 'bridge' }] } });
    expect(await flush('?interface=ce9')).toMatchObject({ status: 404, json: { errors: [{ path: 'interface' }] } });
    expect((await flush('?interface=ce1&pseudowire=acme')).status).toBe(400);
    expect((await flush('?port=ce1')).json.errors).toMatchObject([{ path: 'port' }]);
    expect(api.router.plane.flushes).toHaveLength(4);
  });

  test('counters, health and metrics are read', async () => {
    const counters = await ask('/counters');
    expect([...Value.Errors(schemas.countersSchema, counters.json)]).toEqual([]);
    expect((await ask('/health')).json).toMatchObject({ status: 'ok', name: 'pe1' });
    const { text, headers } = await ask('/metrics');
    expect(headers['content-type']).toContain('text/plain');
    expect(text).toContain('shimline_interface_frames_total{interface="core1",direction="in"} 3');
    expect(text).toContain('shimline_interface_up{interface="ce1"} 0');
    expect(text).toContain('shimline_punted_frames_total{reason="arp"} 1');
    expect(text).toContain('process_resident_memory_bytes');
  });

  test('the page names every operation', async () => {
    const { text, headers } = await ask('/');
    expect(headers['content-type']).toContain('text/html');
    expect(text).not.toContain('<script');
    expect(text).not.toMatch(/https?:\/\//);
    const { paths } = (await api.ask('/openapi.json')).json as { paths: Record<string, object> };
    for (const path of Object.keys(paths)) expect(text).toContain(path);
  });

  test('every reference of the document leads somewhere', async () => {
    const { json } = await ask('/openapi.json');
    expect(json.openapi).toBe('3.1.0');
    const { components } = json as { components: { schemas: Record<string, object> } };
    const references = [...JSON.stringify(json).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]);
    expect(references).toContain('Route');
    expect(references.filter((name) => !Object.hasOwn(components.schemas, name ?? ''))).toEqual([]);
    expect(JSON.stringify(components.schemas.Route)).not.toContain('"expected"');
  });

  describe('the configuration', () => {
    test('comes as JSON and as YAML, and goes back', async () => {
      const json = await ask('/config');
      expect([...Value.Errors(ConfigSchema, json.json)]).toEqual([]);
      expect(json.headers['x-shimline-version']).toBe(String(api.router.truth.version));
      const yaml = await ask('/config', { headers: { accept: 'application/yaml' } });
      expect(yaml.headers['content-type']).toContain('application/yaml');
      for (const [type, body] of [
        ['application/json', json.text],
        ['application/yaml', yaml.text],
      ] as const) {
        const put = await ask('/config', { method: 'PUT', headers: { 'content-type': type }, body });
        expect(put).toMatchObject({ status: 200, json: { version: api.router.truth.version } });
        expect((await ask('/config')).text).toBe(json.text);
      }
    });

    test('that is wrong changes nothing, and every mistake has its line', async () => {
      const before = api.router.truth.version;
      const headers = { 'content-type': 'application/yaml' };
      const body = 'interfaces:\n  ce1: {mtu: big, device: {tap: a}}\nrouts: []\n';
      const answer = await ask('/config', { method: 'PUT', headers, body });
      expect(answer.status).toBe(422);
      expect(answer.json.errors).toMatchObject([
        { path: 'interfaces.ce1.mtu', line: 2, column: 14 },
        { path: 'routs', line: 3, message: "unknown key 'routs'; did you mean 'routes'?" },
      ]);
      expect(api.router.truth.version).toBe(before);
    });

    test('without devices is refused', async () => {
      const answer = await ask('/config', { method: 'PUT', body: { interfaces: { ce1: {} } } });
      expect(answer.status).toBe(422);
    });

    test('of another version is refused with the one that is there', async () => {
      const body = (await ask('/config')).json;
      const answer = await ask('/config?version=0', { method: 'PUT', body });
      expect(answer).toMatchObject({ status: 409, json: { version: api.router.truth.version } });
    });
  });

  describe('transactions', () => {
    const route = { vrf: 'red', prefix: '10.77.0.0/16', via: '192.0.2.2', labels: [24077] };

    test('are made as a whole and move the version', async () => {
      const { version } = api.router.truth;
      const answer = await transact({
        version,
        changes: [
          { op: 'add', vrf: { name: 'green', rd: '65000:3' } },
          { op: 'add', route },
          { op: 'add', route: { vrf: 'green', prefix: '0.0.0.0/0', table: 'global' } },
          { op: 'add', label: { label: 17000, pop: true } },
          { op: 'add', neighbor: { interface: 'core1', address: '10.0.12.7', mac: '02:00:00:00:00:07' } },
        ],
      });
      expect(answer).toMatchObject({ status: 200, json: { version: version + 1 } });
      expect(prefixes(await ask('/routes?source=api'))).toEqual(['10.77.0.0/16', '0.0.0.0/0']);
      expect(await transact({ version, changes: [] })).toMatchObject({ status: 409, json: { version: version + 1 } });
      const undone = await transact({
        changes: [
          { op: 'delete', route: { vrf: 'red', prefix: '10.77.0.0/16' } },
          { op: 'delete', route: { vrf: 'green', prefix: '0.0.0.0/0' } },
          { op: 'delete', label: { label: 17000 } },
          { op: 'delete', neighbor: { interface: 'core1', address: '10.0.12.7' } },
        ],
      });
      expect(undone.status).toBe(200);
      expect((await transact({ changes: [{ op: 'delete', vrf: { name: 'green' } }] })).status).toBe(200);
      expect(prefixes(await ask('/routes?source=api'))).toEqual([]);
    });

    test('with a mistake change nothing and list every mistake at its place', async () => {
      const { version } = api.router.truth;
      const answer = await transact({
        changes: [
          { op: 'add', route },
          { op: 'add', route: { prefix: '10.0.0.0/8', via: 'nowhere' } },
          { op: 'add', label: { label: 3, pop: true } },
        ],
      });
      expect(answer.status).toBe(422);
      const paths = (answer.json.errors as { path: string }[]).map(({ path }) => path);
      expect(paths.sort()).toEqual(['changes[1].route.via', 'changes[2].label.label']);
      expect(api.router.truth.version).toBe(version);
    });

    test.each([
      [{}, ''],
      [{ changes: 1 }, 'changes'],
      [{ changes: [], source: 'No' }, 'source'],
      [{ changes: [], version: -1 }, 'version'],
      [{ changes: [], extra: 1 }, 'extra'],
      [[], ''],
    ])('%j has not the form of one', async (body, path) => {
      const answer = await transact(body);
      expect(answer.status).toBe(422);
      expect(answer.json.errors).toMatchObject([{ path }]);
    });

    test('that are no JSON are refused', async () => {
      const headers = { 'content-type': 'application/json' };
      for (const body of ['{"changes":', '', '{"__proto__": {}, "changes": []}']) {
        expect((await ask('/transactions', { headers, body })).status).toBe(400);
      }
    });
  });

  describe('routes as a stream', () => {
    const routes = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ prefix: `10.200.${i >> 8}.${i & 255}/32`, via: '10.0.12.2' }));

    test('are put in, and belong to the source that is named', async () => {
      const answer = await ask('/routes?source=loader', ndjson([...routes(5000), '', '  ']));
      expect(answer).toMatchObject({ status: 200, json: { applied: 5000, version: api.router.truth.version } });
      expect(rowsOf(await ask('/routes?source=loader&limit=10000'), 'routes')).toHaveLength(5000);
    });

    test('that are not sent again go with the sweep', async () => {
      const headers = { 'x-shimline-source': 'loader' };
      expect((await ask('/stale', { method: 'POST', headers })).json).toEqual({ source: 'loader' });
      expect(rowsOf(await ask('/routes?source=loader&limit=1'), 'routes')).toMatchObject([{ stale: true }]);
      await ask('/routes', ndjson(routes(10), headers));
      expect((await ask('/sweep', { method: 'POST', headers })).json).toMatchObject({ source: 'loader', swept: 4990 });
      expect((await ask('/sweep?source=loader', { method: 'POST' })).json).toMatchObject({ swept: 0 });
      expect(rowsOf(await ask('/routes?source=loader'), 'routes')).toHaveLength(10);
    });

    test('end at the first piece with a mistake, which has the number of its line', async () => {
      const good = routes(4000);
      const answer = await ask(
        '/routes?source=loader',
        ndjson([...good, ...routes(1), { prefix: '10.0.0.0/8', vai: 'x' }]),
      );
      expect(answer.status).toBe(422);
      expect(answer.json).toMatchObject({ applied: 4000, errors: [{ line: 4002, path: 'vai' }] });
      const broken = await ask('/routes', ndjson(['{"prefix": ']));
      expect(broken.json).toMatchObject({
        applied: 0,
        errors: [{ line: 1, message: expect.stringContaining('not JSON') }],
      });
    });

    test('of another type are refused', async () => {
      const answer = await ask('/routes', { body: routes(1) });
      expect(answer.status).toBe(415);
      expect(answer.json.errors).toMatchObject([{ message: expect.stringContaining('application/x-ndjson') }]);
    });

    test('of a source without a name are refused', async () => {
      expect((await ask('/routes', ndjson(routes(1), { 'x-shimline-source': 'A b' }))).status).toBe(400);
    });
  });
});
