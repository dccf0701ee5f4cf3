// Messages of a live run: both forms, levels, and floods that become a few lines and a number.
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Log, openLog, rateLimited } from './log.ts';
import { logOptions } from './log-options.ts';
import type { TextStream } from './terminal.ts';

function memory(isTerminal: boolean): TextStream & { lines(): string[] } {
  let text = '';
  return {
    write(part) {
      text += part;
    },
    closed: false,
    isTerminal,
    columns: undefined,
    lines: () => text.trimEnd().split('\n'),
  };
}

const plain = (line: string) => line.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');

test('JSON lines where there is no terminal', () => {
  const target = memory(false);
  openLog(target).warn({ port: 'core1', lost: 12 }, 'the ring is full');
  const [line = '', ...more] = target.lines();
  expect(more).toEqual([]);
  const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
  expect(rest).toEqual({ level: 'warn', port: 'core1', lost: 12, msg: 'the ring is full' });
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('readable lines on a terminal', () => {
  const target = memory(true);
  openLog(target).info({ port: 'core1', reason: 'no carrier', empty: '', many: [1, 2] }, 'link is down');
  const [line = ''] = target.lines();
  expect(plain(line)).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} info {2}link is down port=core1 reason="no carrier" empty="" many=\[1,2\]$/,
  );
});

test('the format can be asked for', () => {
  const [terminal, file] = [memory(true), memory(false)];
  openLog(terminal, { logFormat: 'json' }).error({}, 'x');
  openLog(file, { logFormat: 'text' }).error({}, 'x');
  expect(JSON.parse(terminal.lines()[0] ?? '')).toMatchObject({ level: 'error', msg: 'x' });
  expect(file.lines()[0]).toMatch(/ error x$/);
});

test.each([
  ['debug', ['debug', 'info', 'warn', 'error']],
  [undefined, ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
] as const)('level %s', (logLevel, expected) => {
  const target = memory(false);
  const log = openLog(target, logLevel === undefined ? {} : { logLevel });
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]({}, level);
  expect(target.lines().map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(expected);
});

test('options of the command line', () => {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const option of logOptions()) command.addOption(option);
  command.parse(['--log-format', 'json', '--log-level', 'debug'], { from: 'user' });
  expect(command.opts()).toEqual({ logFormat: 'json', logLevel: 'debug' });
  expect(() => command.parse(['--log-level', 'loud'], { from: 'user' })).toThrow();
});

describe('rateLimited', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function recorder(): { log: Log; told: string[] } {
    const told: string[] = [];
    const tell = (level: string) => (fields: object, message: string) =>
      told.push(`${level} ${message} ${JSON.stringify(fields)}`);
    return { log: { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') }, told };
  }

  const limit = { burst: 2, windowMilliseconds: 1000 };

  test('a flood is a few lines, and the last with a number when the window ends', () => {
    const { log, told } = recorder();
    for (let i = 0; i < 1000; i++) rateLimited(log, 'flap', limit).warn({ i }, 'down');
    expect(told).toEqual(['warn down {"i":0}', 'warn down {"i":1}']);
    vi.advanceTimersByTime(1000);
    expect(told.slice(2)).toEqual(['warn down {"i":999,"suppressed":998}']);
    vi.advanceTimersByTime(10_000);
    expect(told.length).toBe(3);
  });

  test('after the window lines are told again', () => {
    const { log, told } = recorder();
    const flaps = rateLimited(log, 'flap', limit);
    for (let i = 0; i < 2; i++) flaps.info({}, 'up');
    vi.advanceTimersByTime(1000);
    flaps.error({}, 'gone');
    expect(told).toEqual(['info up {}', 'info up {}', 'error gone {}']);
  });

  test('keys do not share a window, logs neither', () => {
    const [one, other] = [recorder(), recorder()];
    for (const { log } of [one, other]) {
      for (const key of ['a', 'b']) for (let i = 0; i < 5; i++) rateLimited(log, key, limit).debug({}, key);
    }
    for (const { told } of [one, other]) expect(told).toEqual(['debug a {}', 'debug a {}', 'debug b {}', 'debug b {}']);
  });
});
