// Routes as a stream of lines: read as they come, put in by pieces of some thousand lines, each a transaction of its own, so
// that neither the stream nor the changes ever lie in memory as a whole and other requests get their turn between pieces.
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ApiProblem, refusal } from './api-error.ts';
import type { RouterService, TransactionRequest, TransactionResult } from './service.ts';

/** What was changed, for those who watch. */
export interface Changed {
  readonly version: number;
  readonly source: string;
  readonly changes?: number;
}

/** Lines of one transaction. */
const pieceLines = 4000;
const lineBytesMax = 64 * 1024;
/** Nothing of it is kept: a million routes with all their words are 100 MB. */
export const streamBytesMax = 256 * 1024 * 1024;

/** Lines of a stream of bytes, in lists. Throws ApiError for a line or a stream that is too long. */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  bytesMax = streamBytesMax,
): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder('utf-8');
  let bytes = 0;
  let rest = '';
  for await (const part of stream) {
    bytes += part.length;
    if (bytes > bytesMax) throw refusal(413, `the body is longer than ${bytesMax} bytes`);
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineBytesMax) throw refusal(413, `a line is longer than ${lineBytesMax} bytes`);
    if (lines.length > 0) yield lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield [rest];
}

interface Transactor {
  sourceOf(request: FastifyRequest): string;
  transact(request: TransactionRequest): Promise<TransactionResult>;
}

/** A piece under way: routes, and the numbers of their lines. */
class Piece {
  readonly changes: { readonly op: 'replace'; readonly route: unknown }[] = [];
  readonly lines: number[] = [];

  add(text: string, line: number): ApiProblem | undefined {
    const trimmed = text.trim();
    if (trimmed === '') return undefined;
    try {
      this.changes.push({ op: 'replace', route: JSON.parse(trimmed) as unknown });
      this.lines.push(line);
      return undefined;
    } catch (error) {
      return { path: '', message: `not JSON: ${(error as Error).message}`, line };
    }
  }

  /** `changes[3].route.via` → line 4, `via`. */
  problemOf({ path, message }: { readonly path: string; readonly message: string }): ApiProblem {
    const [, index, rest = ''] = /^changes\[(\d+)\](?:\.route)?\.?(.*)$/.exec(path) ?? [];
    const line = index === undefined ? undefined : this.lines[Number(index)];
    return { path: index === undefined ? path : rest, message, ...(line !== undefined && { line }) };
  }
}

export async function loadRoutes(
  request: FastifyRequest,
  reply: FastifyReply,
  changes: Transactor,
  { truth }: RouterService,
): Promise<object> {
  const source = changes.sourceOf(request);
  let applied = 0;
  let line = 0;
  let piece = new Piece();

  const apply = async (): Promise<ApiProblem[]> => {
    if (piece.changes.length === 0) return [];
    const result = await changes.transact({ source, changes: piece.changes });
    if (result.ok) applied += piece.changes.length;
    const wrong = result.ok || !('errors' in result) ? [] : result.errors.map((each) => piece.problemOf(each));
    piece = new Piece();
    await setImmediate();
    return wrong;
  };
  const fail = (errors: readonly ApiProblem[]): object => {
    reply.code(422).header('connection', 'close');
    return { applied, errors };
  };

  // Whoever is refused in the middle is still to be answered, so the stream stays open.
  const body = (request.body as Readable).iterator({ destroyOnReturn: false });
  for await (const lines of linesOf(body as AsyncIterable<Uint8Array>)) {
    for (const text of lines) {
      const problem = piece.add(text, ++line);
      if (problem !== undefined) return fail([problem]);
      if (piece.changes.length < pieceLines) continue;
      const wrong = await apply();
      if (wrong.length > 0) return fail(wrong);
    }
  }
  const wrong = await apply();
  return wrong.length > 0 ? fail(wrong) : { applied, version: truth.version };
}
