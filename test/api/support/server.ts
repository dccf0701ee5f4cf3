// The API of a test router on a socket or port of its own, and requests to it as raw as a test wants them.
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MediaType, mediaType } from '../../../src/daemon/api/endpoint.ts';
import { type ApiOptions, type OpenApi, openApi } from '../../../src/daemon/api/index.ts';
import type { RouterService } from '../../../src/daemon/api/service.ts';
import { listLog, newTestRouter, type TestRouter } from './router.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** Of JSON; else undefined. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text goes as it is, anything else as JSON. */
  readonly body?: unknown;
}

function bodyOf({ body, headers = {} }: Asked): { text: string | undefined; headers: Record<string, string> } {
  if (body === undefined) return { text: undefined, headers: { ...headers } };
  if (typeof body === 'string') return { text: body, headers: { ...headers } };
  return { text: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
}

export class TestApi<R extends RouterService = TestRouter> {
  readonly router: R;
  readonly api: OpenApi;
  readonly log: ReturnType<typeof listLog>;
  readonly #folder: string;

  private constructor(router: R, api: OpenApi, log: ReturnType<typeof listLog>, folder: string) {
    this.router = router;
    this.api = api;
    this.log = log;
    this.#folder = folder;
  }

  static open(options?: Partial<ApiOptions>): Promise<TestApi>;
  static open<R extends RouterService>(options: Partial<ApiOptions>, router: R): Promise<TestApi<R>>;
  static async open(options: Partial<ApiOptions> = {}, router: RouterService = newTestRouter()) {
    const folder = mkdtempSync(join(tmpdir(), 'shimline-api-'));
    const log = listLog();
    const address = { kind: 'unix', path: join(folder, 'api.sock') } as const;
    const api = await openApi(router, { address, log, ...options });
    return new TestApi(router, api, log, folder);
  }

  get #where(): RequestOptions {
    const { address } = this.api;
    return address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
  }

  ask(path: string, asked: Asked = {}): Promise<Answer> {
    const { text, headers } = bodyOf(asked);
    return new Promise((resolve, reject) => {
      const method = asked.method ?? (text === undefined ? 'GET' : 'POST');
      const request = httpRequest({ ...this.#where, path, method, headers, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const all = Buffer.concat(parts).toString();
          const isJson = mediaType(response.headers['content-type']) === MediaType.json;
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: all,
            json: isJson ? (JSON.parse(all) as Answer['json']) : {},
          });
        });
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(text);
    });
  }

  /** A request of which the answer is read by the caller. */
  stream(path: string, method = 'GET'): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ ...this.#where, path, method, agent: false }, resolve);
      request.on('error', reject);
      request.end();
    });
  }

  /** A connection without a request. */
  connect(): Socket {
    const { address } = this.api;
    const where = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
    return createConnection(where);
  }

  /** What is answered to these bytes, until the connection ends. */
  raw(bytes: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = this.connect();
      let all = '';
      socket.on('data', (part) => {
        all += part;
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(all));
      socket.write(bytes);
    });
  }

  async close(): Promise<void> {
    await this.api.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
