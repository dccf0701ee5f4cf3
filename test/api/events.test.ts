// Server-sent events: what happens reaches whoever watches, and who does not read is let go.
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestApi } from './support/server.ts';

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.open({ limits: { watchersMax: 3 } });
});
afterEach(() => api.close());

/** Reads a stream until what has come matches; throws when it ends before. */
async function until(stream: IncomingMessage, pattern: RegExp): Promise<string> {
  let all = '';
  for await (const part of stream.iterator({ destroyOnReturn: false })) {
    all += String(part);
    if (pattern.test(all)) return all;
  }
  throw new Error(`the stream has ended after: ${all}`);
}

test('changes, ports, neighbours and drops are told', async () => {
  const stream = await api.stream('/events?drops=5');
  expect(stream.headers['content-type']).toBe('text/event-stream');
  await until(stream, /: version 1\n\n/);
  await api.ask('/transactions', { body: { changes: [{ op: 'add', route: { prefix: '10.5.0.0/16', drop: true } }] } });
  await until(stream, /event: change\ndata: \{"version":2,"source":"api","changes":1\}\n\n/);
  api.router.plane.tell({ kind: 'port', port: 'core1', up: false });
  await until(stream, /event: port\ndata: \{"port":"core1","up":false\}\n\n/);
  api.router.plane.tell({ kind: 'neighbor', event: 'learned', interface: 'core1', address: '10.0.12.9' });
  await until(stream, /event: neighbor\ndata: \{"event":"learned","interface":"core1"/);
  api.router.plane.drops = { 'no-route': 100_000, urpf: 1 };
  const drops = await until(stream, /event: drops\n/);
  expect(drops).toMatch(/"reason":"no-route","frames":100000/);
  expect(drops).not.toContain('urpf');
  stream.destroy();
});

test('a change that was made elsewhere is told too', async () => {
  const stream = await api.stream('/events');
  await api.router.truth.transact({ changes: [{ op: 'add', label: { label: 17000, pop: true } }] });
  await until(stream, /event: change\ndata: \{"version":2\}\n\n/);
  stream.destroy();
});

test('only the kinds that are asked for', async () => {
  const stream = await api.stream('/events?kinds=port');
  await api.ask('/transactions', { body: { changes: [] } });
  api.router.plane.tell({ kind: 'port', port: 'ce1', up: true });
  expect(await until(stream, /event: port/)).not.toContain('change');
  expect((await api.ask('/events?kinds=odd')).json.errors).toMatchObject([{ path: 'kinds' }]);
  stream.destroy();
});

test('there are no more watchers than there may be, and who goes makes room', async () => {
  const streams = await Promise.all([1, 2, 3].map(() => api.stream('/events')));
  expect((await api.ask('/events')).status).toBe(429);
  const [first] = streams;
  first?.destroy();
  let status = 429;
  while (status === 429) {
    const next = await api.stream('/events');
    status = next.statusCode ?? 0;
    next.destroy();
  }
  expect(status).toBe(200);
  for (const stream of streams) stream.destroy();
});

test('who does not read is let go, and others are still told', async () => {
  const deaf = api.connect();
  deaf.on('error', () => {});
  deaf.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
  deaf.pause();
  const stream = await api.stream('/events');
  let told = 0;
  stream.on('data', (part: Buffer) => {
    told += part.length;
  });
  await until(stream, /version/).catch(() => '');
  const count = () => new Promise<number>((resolve) => api.api.app.server.getConnections((_, open) => resolve(open)));
  while ((await count()) < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  const name = 'x'.repeat(1000);
  // More than the buffers of a socket hold, so that the server's own has to grow.
  for (let i = 0; i < 20_000 && (await count()) > 1; i++) {
    api.router.plane.tell({ kind: 'port', port: name, up: true });
    if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(await count()).toBe(1);
  expect(told).toBeGreaterThan(100_000);
  deaf.destroy();
  stream.destroy();
});

test('the end of the API ends the streams', async () => {
  const stream = await api.stream('/events');
  const ended = new Promise((resolve) => stream.on('close', resolve));
  stream.on('error', () => {});
  await api.api.close();
  await ended;
});
