// The GoBGP lab of examples/gobgp as its users run it: built, checked check by check, and taken away again.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../e2e/support/cli.ts';
import { builtMain } from '../support/built.ts';
import { wanting } from './support/tools.ts';

const { title, ready } = wanting('the GoBGP lab', 'gobgpd', 'bird', 'ping');

describe.skipIf(!ready)(title, () => {
  let folder = '';
  let env: NodeJS.ProcessEnv;

  function lab(what: string): { status: number | null; text: string } {
    const script = join(projectRoot, 'examples', 'gobgp', 'lab.sh');
    const { status, stdout, stderr } = spawnSync(script, [what], { env, encoding: 'utf8', timeout: 110_000 });
    return { status, text: `${stdout}${stderr}` };
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'shim-gobgp-'));
    const SHIMLINE = [process.execPath, ...builtMain()].join(' ');
    env = { ...process.env, LAB: `shim-gobgp-${process.pid}-lab`, RUN: join(folder, 'run'), SHIMLINE };
    expect(lab('up')).toEqual({ status: 0, text: '' });
  });
  afterAll(() => {
    if (folder === '') return;
    lab('down');
    rmSync(folder, { recursive: true, force: true });
  });

  test('VPN routes come and go with what CEs tell, customers reach their own sites and nobody else’s', () => {
    const { status, text } = lab('test');
    const lines = text.trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('ok'))).toEqual([]);
    expect(lines.length).toBe(20);
    expect(status).toBe(0);
  });

  test('it leaves nothing behind', () => {
    expect(lab('down')).toEqual({ status: 0, text: '' });
    const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
    expect(stdout).not.toContain(`shim-gobgp-${process.pid}-`);
  });
});
