// Where `shimline run` keeps labels over restarts: the file that the command line names, or one of the router's name in the
// folder that systemd, the user's session or the system has for such things.
import { homedir } from 'node:os';
import { LabelKeeper } from '../daemon/label-keeper.ts';
import { ShimlineError } from '../errors.ts';
import type { Log } from './log.ts';

const none = 'none';

/** The folder of states: of the systemd unit, of the user, of the system. */
function stateFolder(env: NodeJS.ProcessEnv, isRoot: boolean): string {
  // systemd names one or several, with colons between.
  const [unit = ''] = (env.STATE_DIRECTORY ?? '').split(':', 1);
  if (unit.startsWith('/')) return unit;
  if (env.XDG_STATE_HOME?.startsWith('/')) return `${env.XDG_STATE_HOME}/shimline`;
  return isRoot ? '/var/lib/shimline' : `${homedir()}/.local/state/shimline`;
}

/** The file of a router of this name; undefined where nobody wants one. */
export function stateFile(
  routerName: string,
  given: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  isRoot = process.getuid?.() === 0,
): string | undefined {
  const wanted = given ?? (env.SHIMLINE_STATE || undefined);
  if (wanted !== undefined) return wanted === none ? undefined : wanted;
  // As of the socket: the name does not lead out of the folder.
  return `${stateFolder(env, isRoot)}/${routerName.replaceAll(/[^\w.-]/g, '-').replace(/^\.+/, '-')}.labels.json`;
}

/** undefined: labels are given anew. Throws ShimlineError where a file was asked for that cannot be read. */
export async function openLabels(
  routerName: string,
  given: string | undefined,
  log: Log,
): Promise<LabelKeeper | undefined> {
  const path = stateFile(routerName, given);
  if (path === undefined) return undefined;
  try {
    return await LabelKeeper.open(path, log);
  } catch (error) {
    if (given !== undefined || !(error instanceof ShimlineError)) throw error;
    log.warn({}, `labels are not kept over a restart: ${error.message} (--state says where else)`);
    return undefined;
  }
}
