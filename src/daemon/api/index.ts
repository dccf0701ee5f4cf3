// The control API of a running router: opened on a socket or a port, closed with the run.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { type TObject, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { ShimlineError } from '../../errors.ts';
import { ioError } from '../../io/io-error.ts';
import { parseAddress } from '../../wire/address.ts';
import type { Log } from '../log.ts';
import { refusal } from './api-error.ts';
import { Changes, changeEndpoints } from './changes.ts';
import { type Endpoint, MediaType } from './endpoint.ts';
import { EventHub } from './event-hub.ts';
import { type ApiAddress, bindPrivately, formatApiAddress, prepareSocket } from './listen.ts';
import { listEndpoints } from './lists.ts';
import { macFlushEndpoint } from './mac-flush.ts';
import { metricsEndpoint, openMetrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { readablePage } from './page.ts';
import { countersSchema, explainSchema, healthSchema } from './schemas.ts';
import { newApiServer, type ServerLimits, serverLimits } from './server.ts';
import type { RouterService } from './service.ts';
import { type StreamLimits, Streams, streamLimits } from './streams.ts';

export interface ApiOptions {
  readonly address: ApiAddress;
  /** Due for TCP. */
  readonly token?: string | undefined;
  readonly log: Log;
  readonly limits?: Partial<ServerLimits & StreamLimits>;
}

export interface OpenApi {
  /** Where it is reached: of a port 0 the one that was found. */
  readonly address: ApiAddress;
  readonly app: FastifyInstance;
  close(): Promise<void>;
}

function programVersion(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

const explainQuery: TObject = Type.Object(
  {
    vrf: Type.Optional(Type.String({ description: 'The VRF. Absent, or global: the global table.' })),
    address: Type.String({ description: 'The address to look up.', expected: 'an address such as 10.2.0.9' }),
  },
  { additionalProperties: false },
);

function explain({ truth }: RouterService, { vrf, address: text }: { vrf?: string; address: string }): object {
  const address = parseAddress(text);
  if (address === undefined)
    throw refusal(400, `expected an address, got ${JSON.stringify(text.slice(0, 50))}`, 'address');
  const table = vrf === 'global' ? undefined : vrf;
  const steps = truth.explainRoute(table, address);
  if (steps === undefined) throw refusal(404, `no VRF ${JSON.stringify(table?.slice(0, 40))}`, 'vrf');
  return { vrf: table ?? 'global', address: text, steps };
}

/** Whether threads have turned since somebody asked last, not more often than they are bound to. */
function healthOf({ truth, plane }: RouterService): () => object {
  const lookMilliseconds = 1000;
  let before = plane.heartbeats().map(() => -1);
  let lookedAt = performance.now() - lookMilliseconds;
  let status = 'ok';
  return () => {
    const heartbeats = [...plane.heartbeats()];
    if (performance.now() - lookedAt >= lookMilliseconds) {
      status = heartbeats.every((beat, thread) => beat !== before[thread]) ? 'ok' : 'stuck';
      before = heartbeats;
      lookedAt = performance.now();
    }
    return { status, version: truth.version, name: truth.skeleton().name, heartbeats };
  };
}

function readEndpoints(service: RouterService): Endpoint[] {
  const json = MediaType.json;
  const health = healthOf(service);
  return [
    {
      method: 'GET',
      path: '/routes/explain',
      summary: 'How an address is looked up, to the last label.',
      query: explainQuery,
      answers: { 200: { description: 'The look-up.', content: { [json]: explainSchema } } },
      handle: (request) => explain(service, request.query as { vrf?: string; address: string }),
    },
    {
      method: 'GET',
      path: '/counters',
      summary: 'The books: frames of ports, drops and punts by reason.',
      answers: { 200: { description: 'Of this moment.', content: { [json]: countersSchema } } },
      handle: () => service.plane.summary(),
    },
    {
      method: 'GET',
      path: '/health',
      summary: 'Whether the router works.',
      answers: { 200: { description: 'What can be told.', content: { [json]: healthSchema } } },
      handle: health,
    },
  ];
}

function describing(endpoints: readonly Endpoint[], hasToken: boolean): Endpoint[] {
  const version = programVersion();
  const html = { [MediaType.html]: Type.String() };
  const own: Endpoint[] = [
    {
      method: 'GET',
      path: '/',
      summary: 'This page.',
      answers: { 200: { description: 'The API for readers.', content: html } },
      handle: (_, reply) => {
        reply.type(`${MediaType.html}; charset=utf-8`);
        return page;
      },
    },
    {
      method: 'GET',
      path: '/openapi.json',
      summary: 'The API for programs: OpenAPI 3.1.',
      answers: { 200: { description: 'The document.', content: { [MediaType.json]: Type.Object({}) } } },
      handle: () => document,
    },
  ];
  const all = [...own, ...endpoints];
  const document = openApiDocument(all, version, hasToken);
  const page = readablePage(all, version);
  return all;
}

/** Tells of labels only when they outlast a crash. */
function keeping({ truth }: RouterService): (endpoint: Endpoint) => Endpoint {
  return (endpoint) => ({
    ...endpoint,
    handle: async (request, reply) => {
      const answer = await endpoint.handle(request, reply);
      await truth.kept?.();
      return answer;
    },
  });
}

/** Throws ShimlineError when the place is not to be had. */
export async function openApi(service: RouterService, { address, token, log, limits }: ApiOptions): Promise<OpenApi> {
  const all = { ...serverLimits, ...streamLimits, ...limits };
  const hub = new EventHub(service);
  const metrics = openMetrics(service);
  const streams = new Streams(service, hub, all);
  const changes = new Changes(service, (change) => hub.changed(change));
  const endpoints = [
    ...readEndpoints(service),
    ...[...changeEndpoints(service, changes), ...listEndpoints(service)].map(keeping(service)),
    macFlushEndpoint(service),
    ...streams.endpoints(),
    metricsEndpoint(metrics),
  ];
  const app = newApiServer(describing(endpoints, token !== undefined), { limits: all, token, log });
  const close = async () => {
    hub.close();
    await streams.close();
    app.server.closeAllConnections();
    if (app.server.listening) await new Promise((resolve) => app.server.close(resolve));
    await app.close();
  };
  try {
    await app.ready();
    return { address: await listen(app, address), app, close };
  } catch (error) {
    await close();
    throw error instanceof ShimlineError ? error : ioError(formatApiAddress(address), error);
  }
}

/** Node binds a socket of the file system before `listen` returns. */
async function listen({ server }: FastifyInstance, address: ApiAddress): Promise<ApiAddress> {
  const where = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
  const bind = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, resolve);
    });
  if (address.kind === 'tcp') {
    await bind();
    return { ...address, port: (server.address() as AddressInfo).port };
  }
  await prepareSocket(address.path);
  await bindPrivately(address.path, bind);
  return address;
}
