// The folder of a run goes, however the run ends.
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withTempFolder } from './temp-folder.ts';

test('is there while there is work, and gone after', async () => {
  const folder = await withTempFolder(async (path) => {
    writeFileSync(join(path, 'file'), 'x');
    return path;
  });
  expect(existsSync(folder)).toBe(false);
});

test('is gone after an error', async () => {
  let folder = '';
  const failing = withTempFolder(async (path) => {
    folder = path;
    throw new Error('no luck');
  });
  await expect(failing).rejects.toThrow('no luck');
  expect(existsSync(folder)).toBe(false);
});

test.each(['SIGINT', 'SIGTERM'] as const)('is gone after %s, and so is the child', async (signal) => {
  const script = `const { withTempFolder, spawnChild } = await import(${JSON.stringify(import.meta.resolve('./temp-folder.ts'))});
    await withTempFolder(async (path) => {
      spawnChild('sleep', ['600'], { stdio: 'inherit' });
      console.log(path);
      await new Promise(() => setInterval(() => {}, 1000));
    });`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  const printed = await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data))));
  const folder = printed.trim();
  expect(existsSync(folder)).toBe(true);
  const status = new Promise((resolve) => child.once('exit', resolve));
  // The pipe closes when the last process that holds it has gone.
  const allGone = new Promise((resolve) => child.stdout.once('close', resolve));
  child.kill(signal);
  expect(await status).toBe(signal === 'SIGINT' ? 130 : 143);
  await allGone;
  expect(existsSync(folder)).toBe(false);
});
