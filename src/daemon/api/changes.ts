// Operations that change a router: the whole configuration, transactions, routes in bulk, and the sources' stale and sweep.
import { type TObject, Type } from '@sinclair/typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { stringify } from 'yaml';
import { ConfigError, ConfigSchema, parseConfig, RouteSchema, validateConfig } from '../../control/config/index.ts';
import { configOf } from '../../control/live/to-config.ts';
import type { RouterModel } from '../../control/model.ts';
import { ShimlineError } from '../../errors.ts';
import { ApiError, type ApiProblem, refusal, textProblems } from './api-error.ts';
import { type Changed, loadRoutes } from './bulk.ts';
import { accepts, type Endpoint, MediaType, mediaType } from './endpoint.ts';
import {
  conflictSchema,
  errorsSchema,
  loadFailureSchema,
  loadSchema,
  sourceParameter,
  staleSchema,
  sweepSchema,
  transactionForm,
  transactionSchema,
  versionParameter,
  versionSchema,
} from './schemas.ts';
import type { RouterService, TransactionRequest, TransactionResult } from './service.ts';

const json = MediaType.json;
const done = { description: 'Done.', content: { [json]: versionSchema } };
const moved = { description: 'The version has moved; nothing was done.', content: { [json]: conflictSchema } };
const refused = { description: 'Something is wrong; nothing was done.', content: { [json]: errorsSchema } };
/** Sources that may be made up over the API: each stays known for as long as the run lasts. */
const sourcesMax = 64;

export class Changes {
  readonly #service: RouterService;
  readonly #changed: (change: Changed) => void;
  readonly #sources = new Set<string>();

  constructor(service: RouterService, changed: (change: Changed) => void) {
    this.#service = service;
    this.#changed = changed;
  }

  /** Throws ApiError for a source that may not be. */
  assertSource(name: string): string {
    if (!this.#sources.has(name) && this.#sources.size === sourcesMax) {
      throw refusal(422, `${sourcesMax} sources have been named already`, 'source');
    }
    this.#sources.add(name);
    return name;
  }

  /** The source that a request names by a parameter or the header. */
  sourceOf(request: FastifyRequest): string {
    const { source } = request.query as { source?: string };
    const header = request.headers['x-shimline-source'];
    const name = source ?? (typeof header === 'string' ? header : 'api');
    if (!new RegExp(sourceParameter.pattern as string).test(name)) {
      throw refusal(400, `${JSON.stringify(name.slice(0, 40))} is not the name of a source`, 'X-Shimline-Source');
    }
    return this.assertSource(name);
  }

  async transact(request: TransactionRequest): Promise<TransactionResult> {
    try {
      const result = await this.#service.truth.transact(request);
      const { source = 'api', changes } = request;
      if (result.ok) this.#changed({ version: result.version, source, changes: changes.length });
      return result;
    } catch (error) {
      if (error instanceof ShimlineError) throw refusal(422, error.message, error.code === 'USAGE' ? 'source' : '');
      throw error;
    }
  }

  async replace(model: RouterModel, version: number | undefined): Promise<TransactionResult> {
    try {
      const result = await this.#service.truth.replaceConfig(model, version);
      if (result.ok) this.#changed({ version: result.version, source: 'config' });
      return result;
    } catch (error) {
      if (error instanceof ShimlineError) throw refusal(422, error.message);
      throw error;
    }
  }

  async sweep(source: string): Promise<object> {
    const swept = await this.#service.truth.sweep(source);
    const { version } = this.#service.truth;
    if (swept > 0) this.#changed({ version, source, changes: swept });
    return { source, swept, version };
  }
}

function answerResult(result: TransactionResult, reply: FastifyReply): object {
  if (result.ok) return { version: result.version };
  if ('errors' in result) throw new ApiError(422, result.errors);
  reply.code(409);
  return { version: result.conflict };
}

function readConfig(request: FastifyRequest): RouterModel {
  const { body } = request;
  const problems = (all: readonly ApiProblem[]) => new ApiError(422, all);
  if (mediaType(request.headers['content-type']) === json) {
    const read = validateConfig(body, { live: true, devicesDue: true });
    if ('model' in read) return read.model;
    throw problems(textProblems(read.problems));
  }
  try {
    return parseConfig(body as string, 'config', { live: true, devicesDue: true });
  } catch (error) {
    if (error instanceof ConfigError) throw problems(textProblems(error.problems));
    // Only text that nests beyond all sense runs out of stack.
    if (error instanceof RangeError) throw refusal(422, 'nests too deep');
    throw error;
  }
}

const versionQuery: TObject = Type.Object(
  { version: Type.Optional(versionParameter) },
  { additionalProperties: false },
);
const sourceQuery: TObject = Type.Object({ source: Type.Optional(sourceParameter) }, { additionalProperties: false });

export function changeEndpoints(service: RouterService, changes: Changes): Endpoint[] {
  const { truth } = service;
  const config = { [json]: ConfigSchema, [MediaType.yaml]: ConfigSchema };
  return [
    {
      method: 'GET',
      path: '/config',
      summary: 'The configuration as it is now, with the entries of the source config.',
      answers: { 200: { description: 'As JSON, or as YAML for who accepts that.', content: config } },
      handle: (request, reply) => {
        const object = configOf(truth.configModel());
        reply.header('x-shimline-version', truth.version);
        if (!accepts(request, MediaType.yaml)) return object;
        reply.type(MediaType.yaml);
        return stringify(object);
      },
    },
    {
      method: 'PUT',
      path: '/config',
      summary: 'Takes over a whole configuration; entries of other sources stay.',
      query: versionQuery,
      body: { types: [json, MediaType.yaml], schema: ConfigSchema },
      answers: { 200: done, 409: moved, 422: refused },
      handle: async (request, reply) => {
        const { version } = request.query as { version?: number };
        return answerResult(await changes.replace(readConfig(request), version), reply);
      },
    },
    {
      method: 'POST',
      path: '/transactions',
      summary: 'Changes of any objects, judged and made as a whole.',
      body: { types: [json], schema: transactionSchema, checked: transactionForm },
      answers: { 200: done, 409: moved, 422: refused },
      handle: async (request, reply) => {
        const given = request.body as TransactionRequest;
        const source = given.source === undefined ? changes.sourceOf(request) : changes.assertSource(given.source);
        return answerResult(await changes.transact({ ...given, source }), reply);
      },
    },
    {
      method: 'POST',
      path: '/routes',
      summary: 'Puts routes in, one a line, in pieces: what a piece has wrong ends the reading, pieces before it stay.',
      query: sourceQuery,
      body: { types: [MediaType.ndjson], schema: RouteSchema, isStream: true },
      answers: {
        200: { description: 'All lines are in.', content: { [json]: loadSchema } },
        422: { description: 'A line is wrong.', content: { [json]: loadFailureSchema } },
      },
      handle: (request, reply) => loadRoutes(request, reply, changes, service),
    },
    {
      method: 'POST',
      path: '/stale',
      summary: 'Marks all that a source has; it stays in use until it is swept.',
      query: sourceQuery,
      answers: { 200: { description: 'Marked.', content: { [json]: staleSchema } } },
      handle: (request) => {
        const source = changes.sourceOf(request);
        truth.markStale(source);
        return { source };
      },
    },
    {
      method: 'POST',
      path: '/sweep',
      summary: 'Takes out what a source has not sent again since it was marked.',
      query: sourceQuery,
      answers: { 200: { description: 'Swept.', content: { [json]: sweepSchema } } },
      handle: (request) => changes.sweep(changes.sourceOf(request)),
    },
  ];
}
