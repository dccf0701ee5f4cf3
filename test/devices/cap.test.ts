// An interface through libpcap, between two ends of a veth pair in a namespace of its own. Where the package cap was not
// built (no libpcap), or without the right to make a namespace, this is reported as skipped.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const require = createRequire(import.meta.url);
const namespace = `shim-cap-${process.pid}`;

function isBuilt(): boolean {
  try {
    require.resolve('cap');
    return true;
  } catch {
    return false;
  }
}

function ip(...args: string[]): boolean {
  return spawnSync('ip', args).status === 0;
}

function why(): string | undefined {
  if (!isBuilt()) return 'the package cap is not installed';
  if (!ip('netns', 'add', namespace)) return 'no right to make a network namespace';
  return undefined;
}

const missing = why();

describe.skipIf(missing !== undefined)(missing === undefined ? 'cap' : `cap (${missing}: skipped)`, () => {
  afterAll(() => {
    ip('netns', 'delete', namespace);
  });

  test('frames both ways, none of its own, over a link that fails and an interface that is made anew', () => {
    expect(ip('-n', namespace, 'link', 'add', 'name', 'near', 'type', 'veth', 'peer', 'name', 'far')).toBe(true);
    expect(ip('-n', namespace, 'link', 'set', 'near', 'up')).toBe(true);
    expect(ip('-n', namespace, 'link', 'set', 'far', 'up')).toBe(true);
    const loader = pathToFileURL(require.resolve('tsx')).href;
    const driver = fileURLToPath(new URL('./cap-driver.ts', import.meta.url));
    const command = ['netns', 'exec', namespace, process.execPath, '--import', loader, driver, 'near', 'far'];
    const { status, stdout, stderr } = spawnSync('ip', command, { encoding: 'utf8', timeout: 100_000 });
    expect([status, stderr]).toEqual([0, '']);
    const seen = JSON.parse(stdout);
    expect(seen).toMatchObject({
      same: true,
      arrived: 500,
      echoed: 0,
      returned: true,
      isNow: true,
      afterFlap: true,
      afterReturn: true,
    });
    expect(seen.failed).toBeGreaterThan(0);
    expect(seen.reports).toContain('near: cap: the link is down; it is tried again until it works');
    expect(seen.reports).toContain('near: cap: is open again');
  });

  test('an interface that does not exist is reported, and nothing fails', () => {
    const loader = pathToFileURL(require.resolve('tsx')).href;
    const text = `
      const { CapPort } = await import(${JSON.stringify(new URL('../../src/io/devices/cap-device.ts', import.meta.url).href)});
      const { RingDeviceEnd, shareRingDevice } = await import(${JSON.stringify(new URL('../../src/io/devices/ring-device.ts', import.meta.url).href)});
      const port = await CapPort.open({ interface: 'nowhere', end: new RingDeviceEnd(shareRingDevice()), report: console.log });
      await port.close();`;
    const command = [
      'netns',
      'exec',
      namespace,
      process.execPath,
      '--import',
      loader,
      '--input-type=module',
      '-e',
      text,
    ];
    const { status, stdout, stderr } = spawnSync('ip', command, { encoding: 'utf8', timeout: 60_000 });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^nowhere: cap: .*[Nn]o such device.*; it is tried again until it works\n$/);
  });
});
