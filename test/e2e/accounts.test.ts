// Accounts of a router that runs: what its threads have counted is told over the API by route, label, VRF and sub-interface.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { builtMain } from '../support/built.ts';
import { writePcap } from './support/captures.ts';
import { cli, scratch } from './support/cli.ts';
import { blackholed, lost, pe1, toCore, toCustomer } from './support/pe1.ts';

const at = scratch();

test.each([1, 2])('routes, labels and VRFs tell what they have had to do, %i threads', async (workers) => {
  const socket = at.path(`pe1-${workers}.sock`);
  const [ce1, core1] = [at.path('ce1.pcap'), at.path('core1.pcap')];
  writePcap(ce1, [...Array.from({ length: 300 }, (_, i) => toCore(i & 127)), blackholed, lost, blackholed]);
  writePcap(
    core1,
    Array.from({ length: 200 }, () => toCustomer),
  );
  const devices = { ce1: `{pcap: {in: ${ce1}}}`, ce2: '{pcap: {out: /dev/null}}', core1: `{pcap: {in: ${core1}}}` };
  const text = Object.entries(devices).reduce(
    (before, [port, device]) => before.replace(`  ${port}: {`, `  ${port}: {device: ${device}, `),
    pe1.replace('{name: pe1,', '{name: pe1, accounting: true,'),
  );
  const config = at.file(`pe1-${workers}.yaml`, text);
  const words = ['run', '-c', config, '--topspeed', '--workers', String(workers), '--api', `unix:${socket}`];
  const child = spawn(process.execPath, [...builtMain(), ...words, '--log-level', 'error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const show = async (...what: string[]) => {
    const { status, out } = await cli('show', ...what, '--json', '--api', `unix:${socket}`);
    return status === 0 ? (JSON.parse(out) as Record<string, unknown>[]) : [];
  };
  try {
    const row = async (...what: string[]) => (await show(...what))[0] ?? {};
    while (((await row('vrfs', 'name', 'red')).in as { frames: number } | undefined)?.frames !== 303) {
      expect(child.exitCode).toBeNull();
      await pause(200);
    }
    const length = toCore().length;
    expect(await row('routes', 'prefix', '10.2.0.0/16')).toMatchObject({
      counted: { frames: 300, bytes: 300 * length },
    });
    expect(await row('routes', 'prefix', '10.9.0.0/16')).toMatchObject({ counted: { frames: 2 } });
    const label = { counted: { frames: 200, bytes: 200 * toCustomer.length } };
    await expect.poll(() => row('labels', 'label', '24001'), { timeout: 60_000 }).toMatchObject(label);
    // Before that the router has said on its own links that it is there.
    const red = await row('vrfs', 'name', 'red');
    expect((red.out as { frames: number }).frames).toBeGreaterThanOrEqual(200);
    expect(await row('interfaces', 'name', 'ce2.100')).toMatchObject({ in: { frames: 0 } });
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
});
