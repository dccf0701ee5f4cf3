// What only a real process shows: signals, closed pipes, standard input, the shebang's other end.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { writePcap } from './support/captures.ts';
import { cli, mainArguments, projectRoot, scratch, spawnCli } from './support/cli.ts';
import { pe1, toCore } from './support/pe1.ts';

const at = scratch();
const config = at.file('pe1.yaml', pe1);
const capture = at.path('ce1.pcap');
writePcap(
  capture,
  Array.from({ length: 500 }, (_, i) => toCore(i & 127)),
);

test('--version prints the version of the package', () => {
  const { version } = JSON.parse(readFileSync(`${projectRoot}/package.json`, 'utf8'));
  const { status, out } = spawnCli(['--version']);
  expect({ status, out: String(out) }).toEqual({ status: 0, out: `${version}\n` });
});

test('--help lists the commands', async () => {
  const { status, out } = await cli('--help');
  expect(status).toBe(0);
  for (const command of ['replay', 'trace', 'check', 'schema']) expect(out).toContain(`  ${command} `);
  for (const command of ['run', 'show', 'apply', 'route', 'label', 'neighbor', 'top', 'events', 'capture']) {
    expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
  }
});

test('schema prints a JSON Schema that knows the keys of the file', async () => {
  const { status, out } = await cli('schema');
  expect(status).toBe(0);
  const schema = JSON.parse(out);
  expect(Object.keys(schema.properties)).toEqual(
    expect.arrayContaining(['router', 'interfaces', 'vrfs', 'neighbors', 'routes', 'labels']),
  );
});

/** Runs and interrupts; a machine so busy that the signal came before the program was up gets more time. */
async function interrupted(args: string[], prints = false): Promise<{ status: number | null; out: string }> {
  for (let delay = 2000; ; delay *= 2) {
    const child = spawn(process.execPath, [...mainArguments, ...args]);
    let out = '';
    child.stdout.on('data', (data) => {
      out += data;
    });
    const timer = setTimeout(() => child.kill('SIGINT'), delay);
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    clearTimeout(timer);
    if ((status !== null && (out !== '' || !prints)) || delay > 20_000) return { status, out };
  }
}

test.each(['1', '2'])('SIGINT, %s workers: the books so far are printed and balance, status 130', async (workers) => {
  const { status, out } = await interrupted(
    [
      'replay',
      '-c',
      config,
      '-i',
      `ce1=${capture}`,
      '--loop',
      '2000000000',
      '--no-output',
      '--json',
      '--workers',
      workers,
    ],
    true,
  );
  expect(status).toBe(130);
  const { frames } = JSON.parse(out);
  expect(frames.in).toBeGreaterThan(0);
  expect(frames.in).toBe(frames.out);
});

test('SIGINT while standard input is silent ends the wait, status 130', async () => {
  const { status } = await interrupted(['replay', '-c', config, '-i', 'ce1=-', '--no-output']);
  expect(status).toBe(130);
});

test('a reader that has seen enough ends a trace quietly', () => {
  const shell = `"$0" ${mainArguments.map((part) => `'${part}'`).join(' ')} trace -c '${config}' -i 'ce1=${capture}' | head -1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', shell, process.execPath], { cwd: projectRoot, encoding: 'utf8' });
  const [line, status] = stdout.trimEnd().split('\n');
  expect(line).toMatch(/^#1 /);
  expect(status).toBe('0');
  expect(stderr).toBe('');
});

test('a reader that has seen enough of a capture ends a replay quietly', () => {
  const shell = `"$0" ${mainArguments.map((part) => `'${part}'`).join(' ')} replay -c '${config}' -i 'ce1=${capture}' --loop 5000 -o - 2>/dev/null | head -c 100 >/dev/null; echo "\${PIPESTATUS[0]}"`;
  const { stdout } = spawnSync('bash', ['-c', shell, process.execPath], { cwd: projectRoot, encoding: 'utf8' });
  expect(stdout).toBe('0\n');
});

test('frames from standard input', () => {
  const { status, out } = spawnCli(['replay', '-c', config, '-i', 'ce1=-', '--no-output', '--json'], {
    input: readFileSync(capture),
  });
  expect(status).toBe(0);
  expect(JSON.parse(String(out)).frames).toMatchObject({ in: 500, out: 500 });
});

test('a configuration error shows no stack trace, unless asked', () => {
  const bad = at.file('bad.yaml', pe1.replace('mtu: 9000', 'mtu: large'));
  const plain = spawnCli(['check', '-c', bad]);
  expect(plain.status).toBe(2);
  expect(plain.err).not.toMatch(/^ {4}at /m);
  const debug = spawnCli(['check', '-c', bad], { env: { ...process.env, SHIMLINE_DEBUG: '1' } });
  expect(debug.status).toBe(2);
  expect(debug.err).toMatch(/^ {4}at /m);
});
