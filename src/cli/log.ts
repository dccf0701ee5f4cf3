// What a live run tells while it runs, on standard error: JSON lines for programs (by pino), readable lines on a terminal. For
// events of the router, never for a frame; what may come in floods goes through `rateLimited`.
import pc from 'picocolors';
import { pino } from 'pino';
import type { LogLevel, LogOptions } from './log-options.ts';
import type { TextStream } from './terminal.ts';

/** Plain values by name: `{port: 'core1', lost: 12}`. `level`, `time` and `msg` are taken. */
export type LogFields = Readonly<Record<string, unknown>>;
export type Log = Readonly<Record<LogLevel, (fields: LogFields, message: string) => void>>;

const levelWidth = 5;
const timeStart = 'yyyy-mm-ddT'.length;

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}

/** `15:04:05.123 warn  link is down port=core1`, from a line of JSON. */
function readable(line: string, colors: ReturnType<typeof pc.createColors>): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as { level: LogLevel; time: string; msg: string };
  const colorOf = { debug: colors.dim, info: colors.cyan, warn: colors.yellow, error: colors.red };
  const pairs = Object.entries(fields).map(([key, value]) => ` ${colors.dim(`${key}=`)}${valueText(value)}`);
  return `${colors.dim(time.slice(timeStart, -1))} ${colorOf[level](level.padEnd(levelWidth))} ${msg}${pairs.join('')}\n`;
}

/** Lines of JSON have `level` (a word), `time` (ISO 8601, UTC), the fields, and `msg`. */
export function openLog(target: TextStream, options: LogOptions = {}): Log {
  const format = options.logFormat ?? (target.isTerminal ? 'text' : 'json');
  const colors = pc.createColors(target.isTerminal && pc.isColorSupported);
  const write = (line: string) => target.write(format === 'json' ? line : readable(line, colors));
  return pino(
    {
      level: options.logLevel ?? 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
}

export interface RateLimit {
  /** Lines of one key in a window; the others are only counted. */
  readonly burst: number;
  readonly windowMilliseconds: number;
}

const defaultLimit: RateLimit = { burst: 5, windowMilliseconds: 10_000 };

interface Window {
  told: number;
  /** Since the last line, with what would have been the last. */
  suppressed: number;
  last: () => void;
}

const windowsByLog = new WeakMap<Log, Map<string, Window>>();

/**
 * The log for one kind of event (`flap core1`), which tells the first few in a window and, when it ends, the last of those that were
 * held back, with how many in `suppressed`. Keys are shared: whoever asks for the same key of the same log is in the same window.
 */
export function rateLimited(log: Log, key: string, limit: RateLimit = defaultLimit): Log {
  let windows = windowsByLog.get(log);
  if (windows === undefined) {
    windows = new Map();
    windowsByLog.set(log, windows);
  }
  const open = windows;
  const windowOf = (): Window => {
    const present = open.get(key);
    if (present !== undefined) return present;
    const window: Window = { told: 0, suppressed: 0, last: () => undefined };
    open.set(key, window);
    const end = () => {
      open.delete(key);
      if (window.suppressed > 0) window.last();
    };
    // A message that waits must not keep the process from ending.
    setTimeout(end, limit.windowMilliseconds).unref();
    return window;
  };
  const tell = (level: LogLevel) => (fields: LogFields, message: string) => {
    const window = windowOf();
    if (window.told < limit.burst) {
      window.told += 1;
      log[level](fields, message);
      return;
    }
    window.suppressed += 1;
    window.last = () => log[level]({ ...fields, suppressed: window.suppressed }, message);
  };
  return { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') };
}
