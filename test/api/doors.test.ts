// Who may ask, and what is answered to requests that are none of the API's: tokens, paths, methods, headers.
import * as crypto from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { TestApi } from './support/server.ts';

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) };
});

const json = 'application/json; charset=utf-8';

describe('with a token', () => {
  const token = 's3cret-of-pe1';
  let api: TestApi;
  beforeAll(async () => {
    api = await TestApi.open({ address: { kind: 'tcp', host: '127.0.0.1', port: 0 }, token });
  });
  afterAll(() => api.close());

  test('whoever brings it may ask', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect((await api.ask('/health', { headers: { authorization: `${scheme} ${token}` } })).status).toBe(200);
    }
  });

  const wrong = [
    '',
    token,
    `Basic ${token}`,
    `Bearer ${token}x`,
    `Bearer ${token.slice(1)}`,
    `Bearer ${token} x`,
    'Bearer',
  ];
  test.each(wrong)('%j is not it', async (authorization) => {
    for (const path of ['/health', '/', '/openapi.json', '/metrics', '/nothing', '/%', '/events', '/config?x=1']) {
      const answer = await api.ask(path, { headers: { authorization } });
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.json.errors).toMatchObject([{ path: '' }]);
    }
    const headers = { authorization, 'content-type': 'application/json' };
    const put = await api.ask('/config', { method: 'PUT', headers, body: '{}' });
    expect(put.status).toBe(401);
  });

  test('how much of it was right cannot be told by the time that the answer takes', async () => {
    const { timingSafeEqual } = vi.mocked(crypto);
    for (const authorization of [...wrong, `Bearer ${token}`]) {
      timingSafeEqual.mockClear();
      await api.ask('/health', { headers: { authorization } });
      // Digests, whose beginnings say nothing of those of the tokens; whole ones, compared to their end.
      const lengths = timingSafeEqual.mock.calls.map((pair) => pair.map(({ byteLength }) => byteLength));
      expect(lengths).toEqual([[32, 32]]);
    }
  });

  test('the document says so', async () => {
    const { json } = await api.ask('/openapi.json', { headers: { authorization: `Bearer ${token}` } });
    expect(json.security).toEqual([{ token: [] }]);
  });

  test('two of them in one request are none', async () => {
    const answer = await api.raw(
      `GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer no\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe('without one', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await TestApi.open();
  });
  afterAll(async () => {
    expect(api.log.lines).toEqual([]);
    await api.close();
  });

  test.each([
    '/nothing',
    '/config/',
    '//config',
    '/CONFIG',
    '/config%2f',
    '/config%00',
    '/..%2fconfig',
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/routes/explain/../../config',
    '/config;x=1',
    '/constructor',
    '/__proto__',
    `/${'a'.repeat(5000)}`,
    '*',
  ])('%s leads nowhere', async (path) => {
    const answer = await api.ask(path);
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe(json);
    expect(answer.json.errors).toMatchObject([{ path: '' }]);
    // Nor with a body that nobody would understand.
    expect((await api.ask(path, { method: 'POST', body: '<', headers: { 'content-type': 'text/xml' } })).status).toBe(
      404,
    );
  });

  test.each(['/%', '/%zz', '/%c0%ae'])('%s is no path', async (path) => {
    const answer = await api.ask(path);
    expect([400, 404]).toContain(answer.status);
    expect(answer.json.errors).toMatchObject([{ path: '' }]);
  });

  test.each([
    ['DELETE', '/config', 'GET, PUT'],
    ['POST', '/config', 'GET, PUT'],
    ['PATCH', '/routes', 'POST, GET'],
    ['OPTIONS', '/transactions', 'POST'],
    ['PROPFIND', '/health', 'GET'],
    ['TRACE', '/', 'GET'],
  ])('%s %s is not taken, and what is taken is said', async (method, path, allow) => {
    const answer = await api.ask(path, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(answer.json.errors).toMatchObject([{ path: '' }]);
  });

  test.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['no host', 'GET /health HTTP/1.1\r\n\r\n'],
    ['two lengths', 'POST /transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}  '],
    [
      'a length and chunks',
      'POST /transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['an odd transfer encoding', 'POST /transactions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n'],
    ['a folded header', 'GET /health HTTP/1.1\r\nHost: x\r\nX-A: b\r\n\tc\r\n: d\r\n\r\n'],
    ['a version of its own', 'GET /health HTTP/9.1\r\nHost: x\r\n\r\n'],
    ['a tunnel', 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['headers without an end', `GET /health HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(40_000)}`],
  ])('%s ends the connection without being served', async (_, bytes) => {
    const answer = await api.raw(bytes);
    expect(answer === '' || /^HTTP\/1\.1 4\d\d /.test(answer)).toBe(true);
    if (answer !== '') expect(answer).toMatch(/\{"errors":\[/);
  });

  test('an absolute address leads nowhere else, and no host makes a difference', async () => {
    const absolute = await api.raw('GET http://example.org/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(absolute).toMatch(/^HTTP\/1\.1 200 .*"name":"pe1"/s);
    const host = await api.ask('/health', { headers: { host: '../../evil', 'x-forwarded-host': 'evil' } });
    expect(host.status).toBe(200);
    expect(host.text).not.toContain('evil');
  });

  test('an upgrade is not taken up', async () => {
    const answer = await api.raw(
      'GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n\r\n' +
        'GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).not.toContain('101');
  });

  test('requests one behind the other are answered in their order', async () => {
    const one = (path: string, close = false) =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\n${close ? 'Connection: close\r\n' : ''}\r\n`;
    const answer = await api.raw(`${one('/health')}${one('/nothing')}`.repeat(100) + one('/bindings', true));
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d+) /g)].map((match) => match[1]);
    expect(statuses).toEqual([...Array.from({ length: 100 }, () => ['200', '404']).flat(), '200']);
  });

  test('nothing may be framed, sniffed or kept', async () => {
    const { headers } = await api.ask('/');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
