// One operation of the API: how it is asked for, what it takes and answers, and who does it. The server and the OpenAPI
// document are both made from these.
import type { TObject, TSchema } from '@sinclair/typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const MediaType = {
  json: 'application/json',
  yaml: 'application/yaml',
  ndjson: 'application/x-ndjson',
  events: 'text/event-stream',
  metrics: 'text/plain',
  html: 'text/html',
  capture: 'application/x-pcapng',
} as const;

/** The parser of YAML is slow: this much, made up of mistakes, takes it about a second. Larger configurations are sent as JSON. */
export const yamlBytesMax = 256 * 1024;

export interface Body {
  readonly types: readonly string[];
  /** As the document shows it. */
  readonly schema: TSchema;
  /** What the server checks before the handler is called; the rest is judged where it is known what is there. */
  readonly checked?: TSchema;
  /** A line of the body, for streams. */
  readonly isStream?: boolean;
}

export interface Answer {
  readonly description: string;
  /** By media type. */
  readonly content?: Readonly<Record<string, TSchema>>;
}

export interface Endpoint {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly query?: TObject;
  readonly body?: Body;
  /** By status; those that every operation may give are added by the document. */
  readonly answers: Readonly<Record<number, Answer>>;
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

/** The media type of a header without its parameters. */
export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Whether a request asks for this type by name. */
export function accepts(request: FastifyRequest, type: string): boolean {
  return (request.headers.accept ?? '').split(',').some((part) => mediaType(part) === type);
}
