// What is too much, too long or too slow is refused or bounded, and the API answers everybody else meanwhile.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { TestApi } from './support/server.ts';

const mebi = 1024 * 1024;
let api: TestApi;
let sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  expect(api.log.lines).toEqual([]);
  await api.close();
});

function connect(): Socket {
  const socket = api.connect();
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

test('a body that is too long is refused, whether it says so before or not', async () => {
  api = await TestApi.open();
  const headers = { 'content-type': 'application/json' };
  const body = `{"changes":[],"source":"${'a'.repeat(9 * mebi)}"}`;
  const answer = await api.ask('/transactions', { headers, body }).catch(() => undefined);
  // The connection may end before the whole body is sent.
  if (answer !== undefined) expect(answer.status).toBe(413);
  const yaml = await api.raw(
    `PUT /config HTTP/1.1\r\nHost: x\r\nContent-Type: application/yaml\r\nContent-Length: ${9 * mebi}\r\n\r\n`,
  );
  expect(yaml).toMatch(/^HTTP\/1\.1 413 .*"errors"/s);
  const chunk = `${mebi.toString(16)}\r\n${' '.repeat(mebi)}\r\n`;
  const chunked = await api.raw(
    `PUT /config HTTP/1.1\r\nHost: x\r\nContent-Type: application/yaml\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(9)}`,
  );
  expect(chunked).toMatch(/^(HTTP\/1\.1 413 |$)/);
  expect((await api.ask('/health')).status).toBe(200);
});

test('a line of a stream that is too long ends it', async () => {
  api = await TestApi.open();
  const headers = { 'content-type': 'application/x-ndjson' };
  const answer = await api.ask('/routes', { headers, body: `{"prefix":"${'1'.repeat(200_000)}"}` });
  expect(answer).toMatchObject({ status: 413, json: { errors: [{ message: expect.stringContaining('a line') }] } });
});

test.each([
  ['brackets', '['.repeat(500_000)],
  ['balanced brackets', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ['maps', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
])('%s that nest too deep are refused', async (_, nested) => {
  api = await TestApi.open();
  for (const [path, method, type] of [
    ['/transactions', 'POST', 'application/json'],
    ['/config', 'PUT', 'application/json'],
    ['/config', 'PUT', 'application/yaml'],
  ] as const) {
    const headers = { 'content-type': type };
    const body =
      path === '/transactions' && nested.endsWith(']') ? `{"changes":[{"op":"add","route":${nested}}]}` : nested;
    const answer = await api.ask(path, { method, headers, body });
    expect([400, 413, 422]).toContain(answer.status);
  }
});

test('references in YAML are no bomb', async () => {
  api = await TestApi.open();
  const levels = Array.from(
    { length: 12 },
    (_, i) => `a${i}: &a${i} [${Array.from({ length: 9 }, () => (i === 0 ? 'x' : `*a${i - 1}`)).join(', ')}]`,
  );
  const headers = { 'content-type': 'application/yaml' };
  const answer = await api.ask('/config', { method: 'PUT', headers, body: levels.join('\n') });
  expect(answer.status).toBe(422);
});

test('who does not come to the end of a request is let go', async () => {
  const limits = { headersMilliseconds: 200, requestMilliseconds: 400, idleMilliseconds: 200 };
  api = await TestApi.open({ limits });
  const slow = [
    '',
    'GET /health HTT',
    'GET /health HTTP/1.1\r\nHost: x\r\nX-A: ',
    'GET /health HTTP/1.1\r\nHost: x\r\n\r\n',
  ];
  const ended = slow.map(async (bytes) => {
    const socket = connect();
    let answer = '';
    socket.on('data', (part) => {
      answer += part;
    });
    socket.write(bytes);
    // A byte now and then does not help.
    const timer = setInterval(
      () => socket.writable && bytes !== '' && !bytes.endsWith('\r\n') && socket.write('a'),
      50,
    );
    await once(socket, 'close');
    clearInterval(timer);
    return answer;
  });
  const post = connect();
  post.write(
    'POST /routes HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 100\r\n\r\n{"pre',
  );
  post.resume();
  const [nothing, line, header, kept] = await Promise.all([...ended, once(post, 'close')]);
  for (const answer of [nothing, line, header]) expect(answer).toMatch(/^(HTTP\/1\.1 408 .*|)/s);
  expect(kept).toMatch(/^HTTP\/1\.1 200 /);
  expect((await api.ask('/health')).status).toBe(200);
});

test('of 1,000 idle connections no more than the limit are kept, and they make room again', async () => {
  api = await TestApi.open({ limits: { headersMilliseconds: 500, connectionsMax: 256 } });
  await Promise.all(
    Array.from({ length: 1000 }, async (_, i) => {
      const socket = connect();
      await once(socket, 'connect').catch(() => {});
      if (i % 100 === 0) await new Promise(setImmediate);
    }),
  );
  const count = () => new Promise<number>((resolve) => api.api.app.server.getConnections((_, open) => resolve(open)));
  expect(await count()).toBeLessThanOrEqual(256);
  for (let tries = 0; tries < 200 && (await count()) > 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await count()).toBe(0);
  expect((await api.ask('/health')).status).toBe(200);
});

test('who does not read what it has asked for is let go, and it is not made for nobody', async () => {
  api = await TestApi.open({ limits: { silenceMilliseconds: 2000 } });
  const { truth } = api.router;
  const changes = Array.from({ length: 60_000 }, (_, i) => ({
    op: 'add',
    route: { prefix: `100.${i >>> 14}.${(i >>> 6) & 255}.${(i & 63) << 2}/30`, drop: true },
  }));
  expect(await truth.transact({ changes })).toMatchObject({ ok: true });
  let read = 0;
  const routes = truth.routes.bind(truth);
  truth.routes = function* (filter) {
    for (const each of routes(filter)) {
      read++;
      yield each;
    }
  };
  const socket = connect();
  socket.pause();
  socket.write('GET /routes HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n');
  const count = () => new Promise<number>((resolve) => api.api.app.server.getConnections((_, open) => resolve(open)));
  const until = async (holds: () => Promise<boolean> | boolean) => {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until(() => read > 0);
  await until(async () => (await count()) === 0);
  expect((await api.ask('/health')).status).toBe(200);
  expect(read).toBeLessThan(changes.length);
});

test('one mistake among 10,000 changes keeps all of them out, and many are all listed', async () => {
  api = await TestApi.open();
  const { version } = api.router.truth;
  const good = Array.from({ length: 10_000 }, (_, i) => ({
    op: 'add',
    route: { prefix: `100.${i >>> 8}.${i & 255}.0/24`, drop: true },
  }));
  const bad = { op: 'add', route: { prefix: '10.0.0.0/33', drop: true } };
  const answer = await api.ask('/transactions', { body: { changes: good.with(7000, bad) } });
  expect(answer.status).toBe(422);
  expect(answer.json).toEqual({
    errors: [{ path: 'changes[7000].route.prefix', message: expect.stringContaining('from 0 to 32') }],
  });
  expect(api.router.truth.version).toBe(version);
  expect([...api.router.truth.routes({ source: 'api' })]).toEqual([]);
  const all = await api.ask('/transactions', { body: { changes: good.map(() => bad) } });
  expect(all.json.errors).toHaveLength(10_000);
  expect((await api.ask('/transactions', { body: { changes: good } })).status).toBe(200);
});

test('a source more than there may be is refused', async () => {
  api = await TestApi.open();
  const ask = (i: number) => api.ask('/transactions', { body: { source: `source-${i}`, changes: [] } });
  for (let i = 0; i < 64; i++) expect((await ask(i)).status).toBe(200);
  expect((await ask(64)).status).toBe(422);
  expect((await ask(3)).status).toBe(200);
});
