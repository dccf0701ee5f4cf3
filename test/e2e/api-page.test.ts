// The page of the API: every example of it runs, in its order, against the router that the page itself shows.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot, readProjectFile } from '../house/files.ts';
import { examplesIn, fencesIn } from '../house/markdown.ts';
import { cli, mainArguments } from './support/cli.ts';

const page = 'docs/api.md';
const folder = mkdtempSync(join(tmpdir(), 'shimline-api-page-'));
const hasCurl = spawnSync('curl', ['--version']).status === 0;
const env = { ...process.env, XDG_RUNTIME_DIR: folder, PATH: `${folder}/bin:${process.env.PATH}` };

const before = { folder: process.cwd(), runtime: process.env.XDG_RUNTIME_DIR };
let router: ChildProcess;
const log: string[] = [];

beforeAll(async () => {
  mkdirSync(join(folder, 'bin'));
  const words = [
    process.execPath,
    '--import',
    join(projectRoot, 'node_modules/tsx/dist/loader.mjs'),
    ...mainArguments.slice(2),
  ];
  writeFileSync(join(folder, 'bin/shimline'), `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`);
  chmodSync(join(folder, 'bin/shimline'), 0o755);
  const [config] = fencesIn(readProjectFile(page)).filter(({ language }) => language === 'yaml');
  writeFileSync(join(folder, 'pe1.yaml'), `${config?.lines.join('\n')}\n`);
  copyFileSync(join(projectRoot, 'pcaps/lab/red-site-1.pcap'), join(folder, 'ce1.pcap'));
  router = spawn(join(folder, 'bin/shimline'), ['run', '-c', 'pe1.yaml', '--log-format', 'json'], { cwd: folder, env });
  const lines = createInterface({ input: router.stderr as NodeJS.ReadableStream });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      log.push(line);
      if (line.includes('"ready"')) resolve();
    });
    lines.on('close', () => reject(new Error(log.join('\n'))));
  });
  process.chdir(folder);
  process.env.XDG_RUNTIME_DIR = folder;
});

afterAll(async () => {
  process.chdir(before.folder);
  if (before.runtime === undefined) delete process.env.XDG_RUNTIME_DIR;
  else process.env.XDG_RUNTIME_DIR = before.runtime;
  router.kill('SIGTERM');
  if (router.exitCode === null) await once(router, 'exit');
  rmSync(folder, { recursive: true, force: true });
});

/** The shown lines are printed in their order; `…` stands for any number of others. Numbers of versions are as they come. */
function expectShown(printed: string, shown: readonly string[]): void {
  const plain = (line: string) => line.trimEnd().replaceAll(/"version":\d+/g, '"version":N');
  const all = printed.split('\n').map(plain);
  let at = 0;
  for (const line of shown.filter((each) => each.trim() !== '…').map(plain)) {
    const found = all.indexOf(line, at);
    expect(found, `not printed: ${line}\nbut: ${printed}`).toBeGreaterThanOrEqual(at);
    at = found + 1;
  }
}

const examples = examplesIn(page).map((example) => ({
  ...example,
  isCurl: example.commands.some((line) => !line.startsWith('shimline ')),
}));

test('the page has examples', () => {
  expect(examples.length).toBeGreaterThan(6);
});

function runShell(commands: readonly string[]): string {
  const script = `set -e\n${commands.join('\n')}\n`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { cwd: folder, env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

/** Client commands, in this process: to start one for each takes longer than what they do. */
async function runClients(commands: readonly string[]): Promise<string> {
  let printed = '';
  for (const command of commands) {
    const [program, ...words] = command.split(' ');
    expect(program).toBe('shimline');
    const { status, out, err } = await cli(...words);
    expect({ command, status, err }).toEqual({ command, status: 0, err: '' });
    printed += out;
  }
  return printed;
}

describe('examples', () => {
  for (const { commands, shown, isCurl } of examples) {
    test.runIf(hasCurl || !isCurl)(commands[0] as string, async () => {
      const printed = isCurl ? runShell(commands) : await runClients(commands);
      if (shown !== undefined) expectShown(printed, shown);
    });
  }
});

function ask(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ socketPath: join(folder, 'shimline/pe1.sock'), path }, (answer) => {
      let text = '';
      answer.on('data', (part) => {
        text += part;
      });
      answer.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });
}

test('the page has every operation of the API, and every metric of the router', async () => {
  const text = readProjectFile(page);
  const { paths } = JSON.parse(await ask('/openapi.json')) as { paths: Record<string, object> };
  expect(Object.keys(paths).filter((path) => !text.includes(`${path}\``) && !text.includes(`${path}?`))).toEqual([]);
  const metrics = [...(await ask('/metrics')).matchAll(/^# TYPE (shimline_\w+)/gm)].map((match) => match[1] ?? '');
  expect(metrics.length).toBeGreaterThan(10);
  expect(metrics.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test('the dashboard asks for metrics that there are', async () => {
  const dashboard = JSON.parse(readProjectFile('examples/grafana/shimline.json')) as {
    panels: { targets: { expr: string }[] }[];
  };
  const asked = dashboard.panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => expr.match(/\w+(?=\{job)/g) ?? []),
  );
  const metrics = await ask('/metrics');
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter((name) => !metrics.includes(`# TYPE ${name} `))).toEqual([]);
});
