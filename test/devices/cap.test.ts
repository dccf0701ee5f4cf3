// An interface through libpcap, between two ends of a veth pair in a namespace of its own. Where the package cap was not
// built (no libpcap), or without the right to make a namespace, this is reported as skipped.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { CapPort } from '../../src/io/devices/cap-device.ts';
import { RingDeviceEnd, shareRingDevice } from '../../src/io/devices/ring-device.ts';

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

test.runIf(!isBuilt())('without the package one sentence says what is needed', async () => {
  const end = new RingDeviceEnd(shareRingDevice());
  const opening = CapPort.open({ interface: 'lo', end, report: () => undefined });
  await expect(opening).rejects.toThrow(
    'the device cap needs the package cap and libpcap: apt-get install libpcap-dev && npm install cap',
  );
});

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

  /** Opens a port in the namespace, closes it again, and answers what was said. */
  function openThere(interfaceName: string, ...before: string[]) {
    const loader = pathToFileURL(require.resolve('tsx')).href;
    const [device, ring] = ['cap-device', 'ring-device'].map(
      (name) => new URL(`../../src/io/devices/${name}.ts`, import.meta.url).href,
    );
    const text = `
      const { CapPort } = await import('${device}');
      const { RingDeviceEnd, shareRingDevice } = await import('${ring}');
      const end = new RingDeviceEnd(shareRingDevice());
      try {
        const port = await CapPort.open({ interface: '${interfaceName}', end, report: console.log });
        await port.close();
      } catch (error) {
        console.log(error.code, error.message);
      }`;
    const node = [process.execPath, '--import', loader, '--input-type=module', '-e', text];
    const command = ['netns', 'exec', namespace, ...before, ...node];
    const { status, stdout, stderr } = spawnSync('ip', command, { encoding: 'utf8', timeout: 60_000 });
    expect([status, stderr]).toEqual([0, '']);
    return stdout;
  }

  test('an interface that does not exist is reported, and nothing fails', () => {
    expect(openThere('nowhere')).toMatch(/^nowhere: cap: .*[Nn]o such device.*; it is tried again until it works\n$/);
  });

  test('without the right the error names it', () => {
    const bare = ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw'];
    expect(openThere('lo', ...bare)).toMatch(/^IO lo: cap: .*not permitted \(CAP_NET_RAW is missing\)\n$/);
  });
});
