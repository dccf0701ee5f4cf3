// Requests of client commands to the control API of a running router, and its refusals as errors that a user can act on.
import { readdirSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import type { ApiProblem } from '../../daemon/api/api-error.ts';
import {
  type ApiAddress,
  formatApiAddress,
  isInUse,
  parseApiAddress,
  readToken,
  socketFolder,
} from '../../daemon/api/listen.ts';
import { ShimlineError } from '../../errors.ts';
import { systemCode } from '../../io/io-error.ts';
import { usageError } from '../errors.ts';

export interface ClientOptions {
  readonly api?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

export interface Asked {
  readonly method?: 'GET' | 'PUT' | 'POST';
  readonly body?: string;
  readonly type?: string;
  readonly accept?: string;
  /** Ends the request: what has come by then is all. */
  readonly signal?: AbortSignal;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'nothing is there: does the router run?',
  ECONNREFUSED: 'nobody answers: does the router run?',
  EACCES: 'permission denied',
  ECONNRESET: 'the connection was ended',
};

/** The socket of the one router that runs here. */
async function onlySocket(): Promise<ApiAddress> {
  const folder = socketFolder();
  let names: string[] = [];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.sock'));
  } catch {
    // No folder, no sockets.
  }
  const paths = names.map((name) => `${folder}/${name}`);
  const live = await Promise.all(paths.map(isInUse));
  const found = paths.filter((_, i) => live[i]);
  const [path] = found;
  if (path === undefined)
    throw new ShimlineError('IO', `no router runs here: ${folder} has no socket that answers (--api says where else)`);
  if (found.length > 1)
    throw usageError(
      `several routers run here: say which by --api ${found.map((each) => `unix:${each}`).join(' or ')}`,
    );
  return { kind: 'unix', path };
}

/** `changes[0].route.via: …` of a command that has sent one change is about its own words. */
function problemText({ path, message, line, column }: ApiProblem, fileName: string | undefined): string {
  const place = path.replace(/^changes\[0\]\.(?:route|label|neighbor)\b\.?/, '');
  const position = line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`;
  const where = fileName === undefined ? (line === undefined ? '' : `line ${line} `) : `${fileName}${position} `;
  return `${where}${place === '' ? '' : `${place}: `}${message}`;
}

export class ApiClient {
  readonly #address: ApiAddress;
  readonly #token: string | undefined;

  private constructor(address: ApiAddress, token: string | undefined) {
    this.#address = address;
    this.#token = token;
  }

  /** Throws ShimlineError when it cannot be told where the router is. */
  static async open({ api, tokenFile }: ClientOptions): Promise<ApiClient> {
    const address = api === undefined ? await onlySocket() : parseApiAddress(api);
    if (address === undefined) throw usageError('--api none: a router without an API cannot be asked');
    return new ApiClient(address, address.kind === 'tcp' ? readToken(tokenFile) : undefined);
  }

  /** The answer as it comes. Throws ShimlineError for a refusal; `fileName`: what the body is called in messages. */
  async stream(path: string, asked: Asked = {}, fileName?: string): Promise<IncomingMessage> {
    const response = await this.#send(path, asked);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw refused(status, await textOf(response), fileName);
  }

  async json(path: string, asked: Asked = {}, fileName?: string): Promise<Readonly<Record<string, unknown>>> {
    const text = await textOf(await this.stream(path, asked, fileName));
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  }

  #send(path: string, { method = 'GET', body, type, accept, signal }: Asked): Promise<IncomingMessage> {
    const address = this.#address;
    const where: RequestOptions =
      address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
    const headers = {
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      ...(body !== undefined && {
        'content-type': type ?? 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
      ...(accept !== undefined && { accept }),
    };
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { ...where, path, method, headers, agent: false, ...(signal && { signal }) },
        resolve,
      );
      request.on('error', (error) => {
        const code = systemCode(error);
        reject(new ShimlineError('IO', `${formatApiAddress(address)}: ${reasons[code] ?? error.message}`));
      });
      request.end(body);
    });
  }
}

function refused(status: number, text: string, fileName: string | undefined): ShimlineError {
  if (status === 409 && text.includes('"version"')) {
    const { version } = JSON.parse(text) as { version: number };
    return new ShimlineError('CONFIG', `the configuration has changed meanwhile: its version is ${version}`);
  }
  let problems: readonly ApiProblem[];
  try {
    problems = (JSON.parse(text) as { errors: ApiProblem[] }).errors;
  } catch {
    problems = [{ path: '', message: `the answer has status ${status}` }];
  }
  const isWrong = status === 422 || status === 409;
  return new ShimlineError(
    isWrong ? 'CONFIG' : 'USAGE',
    problems.map((each) => problemText(each, fileName)).join('\n'),
  );
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** `?vrf=red&limit=5`, without what is undefined. */
export function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&');
  return text === '' ? '' : `?${text}`;
}
