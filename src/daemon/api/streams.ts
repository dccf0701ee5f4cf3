// Answers without an end: events as server-sent events, and frames as a pcapng. A reader that is slower than what comes is
// let go (events), or loses frames, which are counted (captures); nothing piles up for it.
import { type TObject, Type } from '@sinclair/typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refusal } from './api-error.ts';
import { CaptureStream, captureFilter, captureQuery } from './capture.ts';
import { type Endpoint, MediaType } from './endpoint.ts';
import { type EventHub, type EventKind, eventKinds, type HubEvent } from './event-hub.ts';
import type { RouterService } from './service.ts';

export interface StreamLimits {
  readonly watchersMax: number;
  /** What may wait for a reader of events, bytes. */
  readonly waitingBytesMax: number;
}

export const streamLimits: StreamLimits = { watchersMax: 64, waitingBytesMax: 256 * 1024 };

const eventsQuery: TObject = Type.Object(
  {
    kinds: Type.Optional(Type.String({ description: `Only these, by commas: ${eventKinds.join(', ')}.` })),
    drops: Type.Optional(
      Type.Integer({ description: 'Frames a second of one reason that are worth an event. Default 1.', minimum: 1 }),
    ),
  },
  { additionalProperties: false },
);

function kindsOf(given: string | undefined): readonly string[] {
  const kinds = given === undefined ? eventKinds : given.split(',');
  const wrong = kinds.find((kind) => !eventKinds.includes(kind as EventKind));
  if (wrong === undefined) return kinds;
  throw refusal(400, `expected some of ${eventKinds.join(', ')}, got ${JSON.stringify(wrong.slice(0, 40))}`, 'kinds');
}

function sendEvents(
  hub: EventHub,
  limits: StreamLimits,
  version: number,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const { kinds: given, drops = 1 } = request.query as { kinds?: string; drops?: number };
  const kinds = kindsOf(given);
  if (hub.watching >= limits.watchersMax) throw refusal(429, `${limits.watchersMax} watch already`);
  reply.hijack();
  const { raw } = reply;
  raw.socket?.setTimeout(0);
  raw.writeHead(200, { 'content-type': MediaType.events, 'cache-control': 'no-store', connection: 'close' });
  const write = (text: string) => {
    if (raw.writableLength > limits.waitingBytesMax) raw.destroy();
    else raw.write(text);
  };
  const stop = hub.add({
    dropsPerSecond: drops,
    tell: ({ kind, data }: HubEvent) => {
      if (kinds.includes(kind)) write(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    beat: () => write(':\n\n'),
  });
  raw.on('close', stop);
  write(`: version ${version}\n\n`);
}

/** Captures under way, so that they end with the server. */
export class Streams {
  readonly #service: RouterService;
  readonly #hub: EventHub;
  readonly #limits: StreamLimits;
  readonly #captures = new Set<CaptureStream>();

  constructor(service: RouterService, hub: EventHub, limits: StreamLimits) {
    this.#service = service;
    this.#hub = hub;
    this.#limits = limits;
  }

  endpoints(): Endpoint[] {
    const { truth } = this.#service;
    return [
      {
        method: 'GET',
        path: '/events',
        summary: 'What happens, as server-sent events, until the connection ends.',
        query: eventsQuery,
        answers: {
          200: {
            description: `Events ${eventKinds.join(', ')}, with data as JSON; comments in between.`,
            content: { [MediaType.events]: Type.String() },
          },
        },
        handle: (request, reply) => sendEvents(this.#hub, this.#limits, truth.version, request, reply),
      },
      {
        method: 'POST',
        path: '/capture',
        summary:
          'Frames that are received, sent, dropped or punted, as a pcapng, until a limit or the end of the connection.',
        query: captureQuery,
        answers: {
          200: {
            description: 'Frames with their fate as a comment.',
            content: { [MediaType.capture]: Type.String({ format: 'binary' }) },
          },
          409: { description: 'Another capture is running.' },
        },
        handle: (request, reply) => this.#capture(request, reply),
      },
    ];
  }

  async close(): Promise<void> {
    await Promise.all([...this.#captures].map((capture) => capture.close()));
  }

  async #capture(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const names = this.#service.truth.skeleton().interfaces.map(({ port }) => port);
    const { filter, ...bounds } = captureFilter(request.query as Record<string, unknown>, new Set(names));
    const tap = await this.#service.plane.capture(filter);
    if (tap === undefined) throw refusal(409, 'another capture is running');
    reply.hijack();
    reply.raw.socket?.setTimeout(0);
    reply.raw.writeHead(200, { 'content-type': MediaType.capture, connection: 'close' });
    const capture = new CaptureStream(tap, reply.raw, bounds);
    this.#captures.add(capture);
    await capture.run();
    this.#captures.delete(capture);
  }
}
