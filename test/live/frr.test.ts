// FRR over shimline: the lab of examples/frr, whose daemons have their adjacencies and sessions through control ports and
// fill the tables by FPM. Needs FRR; where the kernel has no MPLS, a C compiler too (test/live/frr/kernel-without-mpls.c).
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callApi } from '../../bench/live/call-api.ts';
import { loadConfig } from '../../src/control/config/load.ts';
import { projectRoot } from '../e2e/support/cli.ts';
import { builtMain } from '../support/built.ts';
import { type CommandResult, Lab, Namespace } from './support/lab.ts';
import { wanting } from './support/tools.ts';
import { pause, ping, UdpStream } from './support/traffic.ts';

const hasMpls = existsSync('/proc/sys/net/mpls');
const { title, ready } = wanting('FRR', 'ping', 'vtysh', ...(hasMpls ? [] : ['gcc']));

const folder = join(projectRoot, 'examples', 'frr');

test.each(['pe1', 'p', 'pe2'])('examples/frr: the configuration of %s is right', async (router) => {
  const model = await loadConfig(join(folder, router, 'shimline.yaml'), { live: true, devicesDue: true });
  expect(model.fpm?.netns).toBe(`${router}-cp`);
});

const script = join(folder, 'lab.sh');

describe.skipIf(!ready)(title, () => {
  let lab: Lab;
  let name: string;
  let state: string;
  let environment: NodeJS.ProcessEnv;
  let hosts: Record<'red1' | 'red2' | 'blue1', Namespace>;

  async function run(...args: readonly string[]): Promise<CommandResult> {
    const child = lab.own(spawn(script, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] }));
    const texts = { out: '', err: '' };
    child.stdout?.on('data', (part) => {
      texts.out += part;
    });
    child.stderr?.on('data', (part) => {
      texts.err += part;
    });
    const [status] = (await once(child, 'exit')) as [number | null];
    return { status: status ?? -1, ...texts };
  }

  /** Throws what the script says when it fails. */
  async function must(...args: readonly string[]): Promise<void> {
    const { status, err } = await run(...args);
    if (status !== 0) throw new Error(`lab.sh ${args.join(' ')}: ${err}`);
  }

  const vtysh = (node: string, ...commands: readonly string[]) =>
    must('vtysh', node, ...commands.flatMap((command) => ['-c', command]));

  /** What shimline of PE1 has from zebra. */
  async function routes(...filter: readonly string[]): Promise<string> {
    const args = [...builtMain(), 'show', 'routes', 'source', 'fpm', ...filter];
    const child = spawn(process.execPath, [...args, '--api', `unix:${state}/pe1/api.sock`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (part) => {
      out += part;
    });
    await once(child, 'close');
    return out;
  }

  /** Waits until that is so; answers the last that was there. */
  async function shown(isThere: (text: string) => boolean, ...filter: readonly string[]): Promise<string> {
    let text = await routes(...filter);
    for (let tries = 0; tries < 60 && !isThere(text); tries++) {
      await pause(500);
      text = await routes(...filter);
    }
    return text;
  }

  /** Frames that PE1 has dropped, by reason. */
  async function drops(): Promise<object> {
    const text = await callApi(`${state}/pe1/api.sock`, 'GET', '/counters');
    return (JSON.parse(text) as { drops: object }).drops;
  }

  const site2 = /10\.2\.0\.0\/24 .*labels \d+,\d+/;
  const hasSite2 = (text: string) => site2.test(text);

  beforeAll(async () => {
    lab = new Lab('frr');
    name = `shim-frr-${process.pid}`;
    state = lab.path('lab');
    environment = {
      ...process.env,
      LAB: name,
      LAB_STATE: state,
      SHIMLINE: [process.execPath, ...builtMain()].join(' '),
    };
    if (!hasMpls) {
      const preload = lab.path('kernel.so');
      const source = join(projectRoot, 'test', 'live', 'frr', 'kernel-without-mpls.c');
      execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', preload, source, '-ldl']);
      environment.FRR_PRELOAD = preload;
    }
    const host = (node: string) => new Namespace(lab, `${name}-${node}`);
    hosts = { red1: host('red1'), red2: host('red2'), blue1: host('blue1') };
    await must('up');
  });
  afterAll(async () => {
    if (lab === undefined) return;
    await run('down');
    lab.close();
  });

  test('adjacencies, VPN routes, and what they are for: sites reach each other, and nobody else', async () => {
    const { status, err } = await run('test');
    expect(err.split('\n').filter((line) => line.startsWith('wrong'))).toEqual([]);
    expect(status).toBe(0);
    expect(err).toContain('ok    red: TCP');
  });

  test('what a site withdraws leaves the tables of the other PE, and comes again', async () => {
    const network = (no: string) =>
      vtysh('red2', 'conf t', 'router bgp 65102', 'address-family ipv4 unicast', `${no} network 10.2.0.0/24`);
    await network('no');
    expect(await shown((text) => !hasSite2(text), 'vrf', 'red')).not.toMatch(site2);
    expect(ping(hosts.red1, '10.2.0.1', { source: '10.1.0.1', count: 1 }).answers).toBe(0);
    expect(ping(hosts.blue1, '10.2.0.1', { source: '10.1.0.1', count: 1 }).answers).toBe(1);
    await network('');
    expect(await shown(hasSite2, 'vrf', 'red')).toMatch(site2);
  });

  test('FRR of a PE is killed and started: no frame is lost, then what it did not tell again goes', async () => {
    await must('start', 'pe1-cp', 'staticd');
    await vtysh('pe1-cp', 'conf t', 'vrf red', 'ip route 10.9.0.0/16 172.16.1.2');
    expect(await shown((text) => text.includes('10.9.0.0/16'), 'vrf', 'red')).toContain('10.9.0.0/16');
    const stream = await UdpStream.start(hosts.red1, hosts.red2, '10.2.0.1', { packetsPerSecond: 500 });
    const before = await drops();
    await must('kill', 'pe1-cp');
    await pause(500);
    expect(await routes('vrf', 'red')).toMatch(site2);
    await must('start', 'pe1-cp');
    const text = await shown((now) => !now.includes('10.9.0.0/16'), 'vrf', 'red');
    const counts = await stream.stop();
    expect(text).not.toContain('10.9.0.0/16');
    expect(text).toMatch(site2);
    expect(counts.sent).toBeGreaterThan(1000);
    expect({ ...counts, drops: await drops() }).toMatchObject({ lost: 0, disordered: 0, repeated: 0, drops: before });
    expect(readFileSync(join(state, 'pe1', 'log'), 'utf8')).toContain('zebra is gone');
  });

  test('a bgpd that is killed takes its routes along, those of OSPF stay; started again, it brings them back', async () => {
    await must('kill', 'pe1-cp', 'bgpd');
    const without = await shown((text) => !hasSite2(text), 'vrf', 'red');
    expect(without).not.toMatch(site2);
    expect(without).toContain('10.1.0.0/24');
    await must('start', 'pe1-cp', 'bgpd');
    expect(await shown(hasSite2, 'vrf', 'red')).toMatch(site2);
  });
});
