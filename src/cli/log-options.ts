// What the command line may say about messages, apart from what writes them.
import { Option } from 'commander';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];
export const logFormats = ['text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

export interface LogOptions {
  /** Absent: text on a terminal, JSON elsewhere. */
  readonly logFormat?: LogFormat;
  /** Least that is told. Absent: info. */
  readonly logLevel?: LogLevel;
}

export function logOptions(): Option[] {
  return [
    new Option('--log-format <format>', 'of messages (default: text on a terminal, else json)').choices(logFormats),
    new Option('--log-level <level>', 'least that is told').choices(logLevels).default('info'),
  ];
}
