// What is published: workers of the built program, which are JavaScript, and need no loader.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writePcap } from '../e2e/support/captures.ts';
import { projectRoot, scratch } from '../e2e/support/cli.ts';
import { pe1, toCore } from '../e2e/support/pe1.ts';

const at = scratch();

test('the built program forwards by workers', { timeout: 300_000 }, () => {
  const run = (...command: string[]) => execFileSync(process.execPath, command, { cwd: projectRoot, encoding: 'utf8' });
  run(join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json');
  const config = at.file('pe1.yaml', pe1);
  const capture = at.path('ce1.pcap');
  writePcap(
    capture,
    Array.from({ length: 3000 }, (_, i) => toCore(i & 127)),
  );
  const outputs = ['1', '2'].map((workers) => {
    const dir = at.path(`out${workers}`);
    const input = ['-c', config, '-i', `ce1=${capture}`, '--loop', '40', '-o', dir];
    const out = run(join('dist', 'cli', 'main.js'), 'replay', ...input, '--workers', workers, '--json');
    expect(JSON.parse(out)).toMatchObject({ workers: Number(workers), frames: { in: 120_000, out: 120_000 } });
    return readFileSync(join(dir, 'core1.pcap'));
  });
  expect((outputs[0] as Buffer).equals(outputs[1] as Buffer)).toBe(true);
});
