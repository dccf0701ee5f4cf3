// The control API of `shimline run`: opened where the command line says. Its server is loaded only when there is one.
import type { AdapterView } from '../daemon/adapter.ts';
import type { OpenApi } from '../daemon/api/index.ts';
import { defaultSocket, formatApiAddress, parseApiAddress, readToken } from '../daemon/api/listen.ts';
import type { RunningRouter } from '../daemon/running-router.ts';
import { ShimlineError } from '../errors.ts';
import type { Log } from './log.ts';

export interface ApiCommandOptions {
  readonly api?: string;
  readonly tokenFile?: string;
}

/**
 * undefined: there is none, because nobody wants one, or because nobody has asked for one and its socket cannot be made. Throws
 * ShimlineError where one was asked for.
 */
export async function openRouterApi(
  router: RunningRouter,
  options: ApiCommandOptions,
  log: Log,
  adapters: () => readonly AdapterView[] = () => [],
): Promise<OpenApi | undefined> {
  const isAsked = options.api !== undefined;
  const address = isAsked
    ? parseApiAddress(options.api)
    : ({ kind: 'unix', path: defaultSocket(router.model.name) } as const);
  if (address === undefined) return undefined;
  const token = address.kind === 'tcp' ? readToken(options.tokenFile) : undefined;
  const [{ openApi }, { RunningPlane }, { LiveTruth }] = await Promise.all([
    import('../daemon/api/index.ts'),
    import('../daemon/api/running-plane.ts'),
    import('../daemon/live-truth.ts'),
  ]);
  const truth = new LiveTruth(router);
  try {
    const api = await openApi({ truth, plane: new RunningPlane(router, adapters) }, { address, token, log });
    log.info({ api: formatApiAddress(api.address) }, 'control API is open');
    return api;
  } catch (error) {
    if (isAsked || !(error instanceof ShimlineError)) throw error;
    log.warn({}, `no control API: ${error.message} (--api says where else)`);
    return undefined;
  }
}
