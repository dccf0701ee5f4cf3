// `shimline run`: a router on this machine's interfaces, until a signal ends it.
import { loadConfig } from '../control/config/load.ts';
import { type Fpm, openFpm } from '../daemon/fpm/index.ts';
import { type Gobgp, openGobgp } from '../daemon/gobgp/index.ts';
import type { LiveSummary } from '../daemon/live-summary.ts';
import type { Log } from '../daemon/log.ts';
import { RunningRouter } from '../daemon/running-router.ts';
import { openSnmp, type Snmp } from '../daemon/snmp/index.ts';
import { openNotifier } from '../io/linux/notify.ts';
import type { Pace } from '../io/live-device.ts';
import { reportError, usageError } from './errors.ts';
import { openLabels } from './label-state.ts';
import { openLog } from './log.ts';
import type { LogOptions } from './log-options.ts';
import { openRouterApi } from './router-api.ts';
import { formatLiveSummary } from './summary-text.ts';
import type { CliIo } from './terminal.ts';

export interface RunCommandOptions extends LogOptions {
  readonly config: string;
  readonly workers: number;
  readonly json?: boolean;
  /** Seconds. */
  readonly duration?: number;
  readonly untilPlayed?: boolean;
  readonly speed?: number;
  readonly pps?: number;
  readonly topspeed?: boolean;
  /** Where the control API is reached; absent: a socket named after the router, where that can be. */
  readonly api?: string;
  readonly tokenFile?: string;
  /** Where labels are kept over restarts; absent: a file named after the router. */
  readonly state?: string;
}

export async function runCommand(options: RunCommandOptions, io: CliIo): Promise<number> {
  const pace = paceOf(options);
  const log = openLog(io.err, options);
  const model = await loadConfig(options.config, { live: true, devicesDue: true });
  const labels = await openLabels(model.name, options.state, log);
  const over = new AbortController();
  let failure: Error | undefined;
  const router = await RunningRouter.start(model, {
    workers: options.workers,
    pace,
    log,
    labels,
    lost: (error) => {
      failure ??= error;
      over.abort();
    },
    played: () => {
      if (options.untilPlayed) over.abort();
    },
  });
  await router.labelsKept();
  const stopped = async (error: unknown) => {
    await router.stop();
    throw error;
  };
  const fpm = await openFpm(router, log).catch(stopped);
  const gobgp = await openGobgp(router, log);
  const adapters = () => [fpm.view(), gobgp.view()].filter((each) => each !== undefined);
  const api = await openRouterApi(router, options, log, adapters).catch(async (error: unknown) => {
    await gobgp.close();
    return stopped(error);
  });
  const snmp = openSnmp(router, log);
  const notifier = openNotifier();
  notifier.watch(turning(router));
  const stopReloads = io.onReload((): void => void reload(options.config, router, [snmp, fpm, gobgp], notifier, log));
  log.info({ config: options.config, workers: options.workers, pid: process.pid }, 'ready');
  notifier.ready();
  await until([io.signal, over.signal], options.duration);
  notifier.stopping();
  stopReloads();
  await api?.close();
  await fpm.close();
  await snmp.close();
  await gobgp.close();
  await router.stop();
  notifier.close();
  const summary = router.summary();
  io.out.write(options.json ? `${JSON.stringify(summary, null, 2)}\n` : formatLiveSummary(summary, io.out));
  const wrong = imbalanceOf(summary);
  if (wrong !== undefined) log.error({}, wrong);
  if (failure !== undefined) return reportError(failure, io);
  return wrong === undefined ? 0 : 1;
}

/** How captures are played, if the command line says so. */
function paceOf({ speed, pps, topspeed }: RunCommandOptions): Pace | undefined {
  const given = [speed, pps, topspeed].filter((value) => value !== undefined);
  if (given.length > 1) throw usageError('--speed, --pps and --topspeed exclude each other');
  if (topspeed) return { by: 'topspeed' };
  if (pps !== undefined) return { by: 'rate', framesPerSecond: pps };
  return speed === undefined ? undefined : { by: 'time', speed };
}

/** The file is read anew; when it is wrong, everything stays as it is, and the log says why. */
async function reload(
  config: string,
  router: RunningRouter,
  followers: readonly (Snmp | Fpm | Gobgp)[],
  notifier: ReturnType<typeof openNotifier>,
  log: Log,
): Promise<void> {
  notifier.reloading();
  try {
    await router.reload(await loadConfig(config, { live: true, devicesDue: true }));
    await router.labelsKept();
    for (const follower of followers) await follower.follow();
    log.info({ config }, 'configuration reloaded');
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    for (const line of text.split('\n')) log.error({ config }, line);
    log.error({ config }, 'configuration not reloaded, nothing has changed');
  }
  notifier.ready();
}

/** Whether all threads have turned since this was last asked: one that is stuck keeps systemd's watchdog hungry. */
function turning(router: RunningRouter): () => boolean {
  let before = router.heartbeats().map(() => -1);
  return () => {
    const now = router.heartbeats();
    const isAlive = now.every((beat, thread) => beat !== before[thread]);
    before = now;
    return isAlive;
  };
}

function until(signals: readonly AbortSignal[], seconds: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds === undefined ? 2 ** 31 - 1 : seconds * 1000);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    for (const signal of signals) {
      if (signal.aborted) end();
      signal.addEventListener('abort', end, { once: true });
    }
  });
}

/** What is wrong with the books, in one line. They balance when all threads have ended. */
function imbalanceOf({ frames }: LiveSummary): string | undefined {
  const { in: arrived, copied, made, out, punted, dropped, held } = frames;
  if (arrived + copied + made === out + punted + dropped + held) return undefined;
  return `the books do not balance: ${arrived} in + ${copied} copied + ${made} made is not ${out} out + ${punted} punted + ${dropped} dropped + ${held} held`;
}
