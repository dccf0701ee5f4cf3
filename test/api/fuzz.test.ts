// Requests made from the API's own document, right ones and nearly right ones: whatever comes, it is answered, in the API's
// form, without a failure of the server, and nothing piles up.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Arbitraries, type JsonSchema } from './support/arbitrary.ts';
import { type Answer, TestApi } from './support/server.ts';

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly schema: JsonSchema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<Record<string, object>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}
interface Request {
  readonly path: string;
  readonly method: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly type: string;
  readonly body: unknown;
}

/** Streams do not end by themselves: they have tests of their own. */
const endless = ['/events', '/capture'];
const runs = Number(process.env.SHIMLINE_FUZZ_RUNS ?? 600);

let api: TestApi;
let document: Document;

beforeAll(async () => {
  api = await TestApi.open();
  document = (await api.ask('/openapi.json')).json as unknown as Document;
});
afterAll(() => api.close());

function requests(): fc.Arbitrary<Request> {
  const arbitraries = new Arbitraries(document.components.schemas);
  const operations = Object.entries(document.paths)
    .filter(([path]) => !endless.includes(path))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters, requestBody }]) => {
        const query = fc.record(
          Object.fromEntries(
            parameters.map(({ name, schema }) => [
              name,
              fc.oneof({ weight: 3, arbitrary: arbitraries.fitting(schema) }, arbitraries.broken(schema)),
            ]),
          ),
          { requiredKeys: [] },
        );
        const bodies = Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) =>
          fc.record({
            type: fc.constant(type),
            body: fc.oneof({ weight: 2, arbitrary: arbitraries.fitting(schema) }, arbitraries.broken(schema)),
          }),
        );
        const body = bodies.length === 0 ? fc.constant({ type: '', body: undefined }) : fc.oneof(...bodies);
        const request = fc
          .tuple(query, body)
          .map(([given, what]): Request => ({ path, method, query: given, ...what }));
        // What changes the router is asked for most.
        return { weight: bodies.length > 0 ? 6 : 1, arbitrary: request };
      }),
    );
  return fc.oneof(...operations);
}

function queryText(query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query).map(([name, value]) => {
    const text = typeof value === 'string' ? value.replace(/[\ud800-\udfff]/g, 'x') : JSON.stringify(value);
    return `${encodeURIComponent(name)}=${encodeURIComponent(text)}`;
  });
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function send({ path, method, query, type, body }: Request): Promise<Answer> {
  const headers = type === '' ? {} : { 'content-type': type };
  const text = body === undefined ? undefined : (JSON.stringify(body) ?? 'null');
  return api.ask(`${path}${queryText(query)}`, {
    method: method.toUpperCase(),
    headers,
    ...(text !== undefined && { body: text }),
  });
}

function assertAnswer({ path, method }: Request, { status, json, headers, text }: Answer): void {
  expect(status, text).toBeLessThan(500);
  expect(status).toBeGreaterThanOrEqual(200);
  const operation = document.paths[path]?.[method];
  if (status < 300) expect(Object.keys(operation?.responses ?? {})).toContain(String(status));
  else if (status === 409) expect(json).toEqual({ version: expect.any(Number) });
  else {
    expect(headers['content-type']).toContain('application/json');
    expect(json.errors).toBeInstanceOf(Array);
    for (const each of json.errors as object[]) {
      expect(each).toMatchObject({ path: expect.any(String), message: expect.any(String) });
      expect(JSON.stringify(each)).not.toMatch(/\bat [\w.]+ \(|node_modules|\.ts:\d/);
    }
  }
}

test('whatever is asked is answered', { timeout: 600_000 }, async () => {
  const statuses = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(requests(), async (request) => {
      const answer = await send(request);
      assertAnswer(request, answer);
      const key = `${request.method} ${request.path} ${answer.status < 300}`;
      statuses.set(key, (statuses.get(key) ?? 0) + 1);
    }),
    { numRuns: runs },
  );
  // Neither everything was refused nor nothing.
  for (const key of [
    'post /transactions true',
    'post /transactions false',
    'put /config false',
    'post /routes false',
  ]) {
    expect([key, statuses.get(key) ?? 0]).not.toEqual([key, 0]);
  }
  expect(api.log.lines).toEqual([]);
  expect((await api.ask('/health')).status).toBe(200);
});

test('bytes that mean nothing are answered', { timeout: 600_000 }, async () => {
  const types = ['application/json', 'application/yaml', 'application/x-ndjson'];
  const paths = fc.constantFrom('/config', '/transactions', '/routes', '/sweep');
  await fc.assert(
    fc.asyncProperty(
      paths,
      fc.constantFrom(...types),
      fc.string({ unit: 'binary', maxLength: 200 }),
      async (path, type, body) => {
        const method = path === '/config' ? 'PUT' : 'POST';
        const { status } = await api.ask(path, { method, headers: { 'content-type': type }, body });
        expect(status).toBeLessThan(500);
      },
    ),
    { numRuns: runs },
  );
  expect(api.log.lines).toEqual([]);
});

test('headers and paths that mean nothing are answered', { timeout: 600_000 }, async () => {
  const line = fc.string({ unit: 'binary-ascii', maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(line, line, line, async (path, name, value) => {
      const answer = await api.raw(
        `GET /${path} HTTP/1.1\r\nHost: x\r\n${name}: ${value}\r\nConnection: close\r\n\r\n\r\n`,
      );
      expect(answer).toMatch(/^(HTTP\/1\.1 [234]\d\d |$)/);
    }),
    { numRuns: Math.min(runs, 300) },
  );
  expect(api.log.lines).toEqual([]);
});

test('nothing piles up', { timeout: 600_000 }, async () => {
  const { gc } = globalThis as { gc?: () => void };
  const used = () => {
    gc?.();
    return process.memoryUsage().heapUsed;
  };
  const some = fc.sample(requests(), { numRuns: 100, seed: 1 });
  const round = async () => {
    for (const request of some) await send(request);
  };
  await round();
  await round();
  const before = used();
  for (let i = 0; i < 3; i++) await round();
  // Without a collector to be called much of it is not collected yet: this finds what grows with each request.
  expect((used() - before) / (3 * some.length)).toBeLessThan(gc ? 20_000 : 500_000);
});
