import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bindPrivately, defaultSocket, formatApiAddress, parseApiAddress, prepareSocket, readToken } from './listen.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shimline-listen-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('an address', () => {
  test.each([
    ['unix:/run/x.sock', { kind: 'unix', path: '/run/x.sock' }],
    ['unix:x.sock', { kind: 'unix', path: 'x.sock' }],
    ['tcp:127.0.0.1:8080', { kind: 'tcp', host: '127.0.0.1', port: 8080 }],
    ['tcp:[::1]:0', { kind: 'tcp', host: '::1', port: 0 }],
    ['tcp:localhost:1', { kind: 'tcp', host: 'localhost', port: 1 }],
  ])('%s is read and written', (text, address) => {
    expect(parseApiAddress(text)).toEqual(address);
    expect(formatApiAddress(address as never)).toBe(text);
  });

  test.each(['', 'unix:', 'tcp:x', 'tcp::80', 'tcp:x:99999', 'tcp:::1:80', 'http://x', '/run/x.sock', 'tcp:x:80 '])(
    '%j is none',
    (text) => {
      expect(() => parseApiAddress(text)).toThrow('expected unix:PATH, tcp:HOST:PORT or none');
    },
  );

  test('none is no address', () => expect(parseApiAddress('none')).toBeUndefined());
});

test('the usual socket lies in the folder of the session, and the name of a router does not lead out of it', () => {
  expect(defaultSocket('pe1', { XDG_RUNTIME_DIR: '/run/user/7' })).toBe('/run/user/7/shimline/pe1.sock');
  expect(defaultSocket('pe1', {})).toBe('/run/shimline/pe1.sock');
  expect(defaultSocket('../../x y', { XDG_RUNTIME_DIR: 'relative' })).toBe('/run/shimline/--..-x-y.sock');
});

describe('a token', () => {
  test('comes of a file, else of the environment', () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'abc\n');
    expect(readToken(file, { SHIMLINE_TOKEN: 'other' })).toBe('abc');
    expect(readToken(undefined, { SHIMLINE_TOKEN: 'other' })).toBe('other');
  });

  test('is due, and plain', () => {
    expect(() => readToken(undefined, {})).toThrow('SHIMLINE_TOKEN or --token-file');
    expect(() => readToken(join(folder, 'none'), {})).toThrow(/none: no such file/);
    expect(() => readToken(undefined, { SHIMLINE_TOKEN: 'a b' })).toThrow('no spaces');
  });
});

describe('a socket', () => {
  const listenAt = (path: string) => {
    const server = createServer();
    return { server, bound: bindPrivately(path, () => new Promise<void>((resolve) => server.listen(path, resolve))) };
  };

  test('is for its owner alone, and its folder is made', async () => {
    const path = join(folder, 'a/b/x.sock');
    await prepareSocket(path);
    const { server, bound } = listenAt(path);
    await bound;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'a/b')).mode & 0o777).toBe(0o700);
    server.close();
  });

  test('that a dead process has left is replaced, one in use is not', async () => {
    const path = join(folder, 'x.sock');
    const { server, bound } = listenAt(path);
    await bound;
    await expect(prepareSocket(path)).rejects.toThrow(`${path}: another process answers there`);
    server.close();
    await once(server, 'close');
    spawnSync(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)},()=>process.kill(process.pid,'SIGKILL'))`,
    ]);
    expect(existsSync(path)).toBe(true);
    await prepareSocket(path);
    expect(existsSync(path)).toBe(false);
  });

  test('takes the place of nothing else', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'x');
    await expect(prepareSocket(path)).rejects.toThrow(`${path}: is there and no socket`);
    const link = join(folder, 'link');
    symlinkSync(path, link);
    await expect(prepareSocket(link)).rejects.toThrow('no socket');
    expect(existsSync(path)).toBe(true);
  });

  test('whose folder cannot be made, or whose path is too long, is refused', async () => {
    writeFileSync(join(folder, 'file'), 'x');
    await expect(prepareSocket(join(folder, 'file/x.sock'))).rejects.toThrow('file/x.sock: ');
    await expect(prepareSocket(`/tmp/${'x'.repeat(120)}`)).rejects.toThrow('longer than 107 bytes');
  });
});
