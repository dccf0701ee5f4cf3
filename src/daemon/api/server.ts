// The API's server: who may ask, how much and for how long, and what is answered to whatever is no proper question. What is
// asked for lies in the endpoints.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Log } from '../log.ts';
import { ApiError, type ApiProblem } from './api-error.ts';
import { checkPart } from './check.ts';
import { type Endpoint, MediaType, mediaType, yamlBytesMax } from './endpoint.ts';

export interface ServerLimits {
  /** Of a body that is no stream. */
  readonly bodyBytesMax: number;
  readonly connectionsMax: number;
  readonly headerBytesMax: number;
  /** For the headers, and for a request as a whole. */
  readonly headersMilliseconds: number;
  readonly requestMilliseconds: number;
  /** Between requests. */
  readonly idleMilliseconds: number;
  /** Without a byte that comes or goes: for who does not read what was asked for. */
  readonly silenceMilliseconds: number;
}

export const serverLimits: ServerLimits = {
  bodyBytesMax: 8 * 1024 * 1024,
  connectionsMax: 256,
  headerBytesMax: 16 * 1024,
  headersMilliseconds: 10_000,
  requestMilliseconds: 120_000,
  idleMilliseconds: 10_000,
  silenceMilliseconds: 60_000,
};

const parameterNameMax = 100;
const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'cache-control': 'no-store',
} as const;

const nothingHere = 'there is nothing here; GET / tells what there is';

function errorText(problems: readonly ApiProblem[]): string {
  return JSON.stringify({ errors: problems });
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether a request brings the token. Equal lengths are compared, in a time that tells nothing. */
function tokenCheck(token: string | undefined): (request: IncomingMessage) => boolean {
  if (token === undefined) return () => true;
  const due = digest(`Bearer ${token}`);
  return ({ headers: { authorization = '' } }) =>
    timingSafeEqual(digest(authorization.replace(/^bearer +/i, 'Bearer ')), due);
}

function answerAtOnce(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, {
    ...securityHeaders,
    'content-type': `${MediaType.json}; charset=utf-8`,
    connection: 'close',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
  });
  response.end(errorText([{ path: '', message }]));
}

const clientErrors: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the headers are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request did not come to its end in time'],
};

/** What is no HTTP, or too slow. */
function answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, message] = clientErrors[error.code ?? ''] ?? ['400 Bad Request', 'this is no HTTP request'];
  const body = errorText([{ path: '', message }]);
  const head = `HTTP/1.1 ${status}\r\ncontent-type: ${MediaType.json}\r\nconnection: close\r\n`;
  socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  // Not `end`, which would wait for the other side to end as well.
  socket.destroySoon();
}

function newHttpServer(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  limits: ServerLimits,
  mayAsk: (request: IncomingMessage) => boolean,
): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersMilliseconds,
      requestTimeout: limits.requestMilliseconds,
      keepAliveTimeout: limits.idleMilliseconds,
      connectionsCheckingInterval: Math.min(1000, limits.headersMilliseconds),
      requireHostHeader: false,
    },
    (request, response) => {
      // Before anything else looks at the request: no path is answered to whoever may not ask.
      if (!mayAsk(request)) answerAtOnce(response, 401, 'a bearer token is due, and the right one');
      else if (request.headers.host === undefined && request.httpVersion !== '1.0') {
        answerAtOnce(response, 400, 'the host header is missing');
      } else if (request.url === '*') answerAtOnce(response, 404, nothingHere);
      else handler(request, response);
    },
  );
  server.maxConnections = limits.connectionsMax;
  server.maxRequestsPerSocket = 0;
  server.timeout = limits.silenceMilliseconds;
  return server;
}

/** Problems of any error that comes up while a request is served. */
function problemsOf(error: FastifyError | ApiError): readonly ApiProblem[] {
  return error instanceof ApiError ? error.problems : [{ path: '', message: error.message }];
}

function answerError(error: FastifyError | ApiError, reply: FastifyReply, log: Log): void {
  const { raw } = reply.request;
  // Whoever has asked is gone: nobody is there to be answered.
  if (raw.socket.destroyed) return void reply.hijack();
  const status = error.statusCode ?? 500;
  reply.code(status).type(MediaType.json);
  if (status < 500) {
    // The rest of a body that nobody reads would have to be waited for.
    if (status === 413) reply.header('connection', 'close');
    void reply.send(errorText(problemsOf(error)));
    return;
  }
  log.error({ url: reply.request.url.slice(0, 200) }, `internal error of the API: ${error.stack ?? error.message}`);
  void reply.send(errorText([{ path: '', message: 'internal error; the log has more' }]));
}

/** Refuses, before a body is read, what no endpoint is there for. */
function refuseUnknown(
  methods: ReadonlyMap<string, readonly string[]>,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (!request.is404) return;
  const [path = ''] = request.url.split('?', 1);
  const known = methods.get(path);
  if (known === undefined) throw new ApiError(404, [{ path: '', message: nothingHere }]);
  reply.header('allow', known.join(', '));
  throw new ApiError(405, [{ path: '', message: `this takes ${known.join(' and ')}` }]);
}

function refuseType({ body }: Endpoint, request: FastifyRequest): void {
  if (body === undefined || body.types.includes(mediaType(request.headers['content-type']))) return;
  const message = `the body is to be ${body.types.join(' or ')}, as content-type says`;
  throw new ApiError(415, [{ path: '', message }]);
}

function addParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'ignore');
  app.addContentTypeParser(MediaType.json, { parseAs: 'string' }, (request, body, done) => {
    // What takes no body is not held up by one.
    if (body === '' && request.routeOptions.schema?.body === undefined) done(null, undefined);
    else parseJson(request, body as string, done);
  });
  app.addContentTypeParser([MediaType.yaml], { parseAs: 'string', bodyLimit: yamlBytesMax }, (_, body, done) =>
    done(null, body),
  );
  app.addContentTypeParser([MediaType.ndjson], { bodyLimit: Number.MAX_SAFE_INTEGER }, (_, stream, done) =>
    done(null, stream),
  );
}

export interface ServerOptions {
  readonly limits: ServerLimits;
  /** undefined: whoever can connect may ask. */
  readonly token: string | undefined;
  readonly log: Log;
}

export function newApiServer(endpoints: readonly Endpoint[], { limits, token, log }: ServerOptions): FastifyInstance {
  const mayAsk = tokenCheck(token);
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytesMax,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: parameterNameMax },
    serverFactory: (handler) => newHttpServer(handler, limits, mayAsk),
    clientErrorHandler: answerBroken,
    frameworkErrors: (error, _, reply) => answerError(error, reply as FastifyReply, log),
  });
  addParsers(app);
  app.setValidatorCompiler(
    ({ schema, httpPart }) =>
      (data) =>
        checkPart(schema as never, httpPart, data) as never,
  );
  const methods = new Map<string, string[]>();
  for (const { method, path } of endpoints) methods.set(path, [...(methods.get(path) ?? []), method]);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    refuseUnknown(methods, request, reply);
  });
  app.setErrorHandler<FastifyError>((error, _, reply) => answerError(error, reply, log));
  app.setNotFoundHandler(() => undefined);
  for (const endpoint of endpoints) {
    const { method, path, query, body, handle } = endpoint;
    const schema = { ...(query && { querystring: query }), ...(body?.checked && { body: body.checked }) };
    const onRequest = async (request: FastifyRequest) => refuseType(endpoint, request);
    app.route({ method, url: path, schema, onRequest, handler: async (request, reply) => handle(request, reply) });
  }
  return app;
}
