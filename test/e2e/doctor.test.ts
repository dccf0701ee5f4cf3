// `doctor` on a machine that is wrong on purpose, in network namespaces of this test's own, and what its commands mend.
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { readHost } from '../../src/io/linux/host-facts.ts';
import { cli, mainArguments, projectRoot, scratch } from './support/cli.ts';

const at = scratch();
const own = `shim-doctor-${process.pid}-a`;
const other = `shim-doctor-${process.pid}-b`;

function sh(command: string): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', timeout: 30_000 });
  return { status, out: stdout, err: stderr };
}

function must(command: string): void {
  const { status, err } = sh(command);
  expect({ command, status, err: status === 0 ? '' : err }).toEqual({ command, status: 0, err: '' });
}

const hasTools = sh('command -v ip && command -v ethtool && command -v sysctl && command -v setpriv').status === 0;
const mayMakeNamespaces =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  hasTools &&
  readHost().hasKoffi &&
  sh(`ip netns add ${own}-try && ip netns del ${own}-try`).status === 0;

const config = at.file(
  'pe1.yaml',
  `interfaces:
  ce1: {mtu: 1500, vrf: red, addresses: [10.1.1.1/24], device: {afpacket: ce1}, controlPort: {name: cp1, netns: ${other}}}
  core1: {mtu: 1500, mpls: true, addresses: [10.0.12.1/30], device: {afpacket: core1}}
vrfs: {red: {}}
routes:
  - {prefix: 192.0.2.2/32, via: 10.0.12.2, labels: [16002]}
  - {vrf: red, prefix: 10.2.0.0/16, via: 192.0.2.2, labels: [24012]}
`,
);

test('a port without a device is an error of the configuration', async () => {
  const file = at.file('bare.yaml', 'interfaces: {ce1: {}}\n');
  const { status, out, err } = await cli('doctor', '-c', file);
  expect({ status, out }).toEqual({ status: 2, out: '' });
  expect(err).toMatch(/bare\.yaml:1:\d+ interfaces\.ce1: missing key 'device'/);
});

test('captures and loopbacks need nothing of the machine', async () => {
  const file = at.file(
    'files.yaml',
    `interfaces: {a: {device: {pcap: {out: ${at.path('a.pcap')}}}}, b: {device: {loopback: x}}, c: {device: {loopback: x}}}\n`,
  );
  expect(await cli('doctor', '-c', file)).toEqual({ status: 0, out: 'Nothing is wrong.\n', err: '' });
  expect(await cli('doctor', '-c', file, '--json')).toEqual({ status: 0, out: '[]\n', err: '' });
});

describe.skipIf(!mayMakeNamespaces)(
  `in network namespaces${mayMakeNamespaces ? '' : ' (needs root, ethtool and koffi)'}`,
  () => {
    beforeAll(() => {
      must(`ip netns add ${own} && ip netns add ${other}`);
      must(`ip -n ${own} link add ce1 type veth peer name host1`);
      must(`ip -n ${own} link add core1 type veth peer name core2 netns ${other}`);
      must(`ip -n ${own} addr add 10.9.9.2/24 dev host1`);
      must(`ip -n ${own} addr add 10.9.9.1/24 dev core1`);
      must(`ip -n ${own} link add br0 type bridge && ip -n ${own} link set core1 master br0`);
      must(`ip netns exec ${own} sysctl -qw net.ipv6.conf.core1.disable_ipv6=0 net.ipv6.conf.ce1.disable_ipv6=1`);
      must(`ip netns exec ${other} sysctl -qw net.ipv4.conf.default.rp_filter=1`);
      must(`ip -n ${own} link set host1 up && ip -n ${own} link set core1 up && ip -n ${other} link set core2 up`);
    });

    afterAll(() => {
      for (const name of [own, other]) sh(`ip netns del ${name}`);
    });

    function diagnose(prefix = ''): { status: number | null; findings: Finding[] } {
      const program = [process.execPath, ...mainArguments].map((part) => `'${part}'`).join(' ');
      const { status, out, err } = sh(
        `cd '${projectRoot}' && ip netns exec ${own} ${prefix} ${program} doctor -c '${config}' --json`,
      );
      expect(err).toBe('');
      return { status, findings: JSON.parse(out) as Finding[] };
    }

    /** But for the machine itself, which is not ours. */
    const named = (findings: readonly Finding[]): string[] =>
      findings.flatMap(({ severity, check, place }) => (place === '' ? [] : [`${severity} ${check} ${place}`]));

    test('what is wrong is found, and gone when its command was run', { timeout: 60_000 }, () => {
      const { status, findings } = diagnose();
      expect(status).toBe(1);
      expect(named(findings)).toEqual([
        'error down interfaces.ce1.device',
        'error master interfaces.core1.device',
        'warning address interfaces.core1.device',
        'warning ipv6 interfaces.core1.device',
        'warning label-mtu interfaces.core1.mtu',
        'warning peer-offload interfaces.ce1.device',
        'warning rp-filter interfaces.ce1.controlPort',
        'note peer-unseen interfaces.core1.device',
      ]);
      const mended = findings.filter(({ place, command }) => place !== '' && !/EDITOR|NAMESPACE/.test(command));
      for (const { command } of mended) must(`ip netns exec ${own} ${command}`);
      const after = diagnose();
      expect(named(after.findings)).toEqual([
        'warning label-mtu interfaces.core1.mtu',
        'note peer-unseen interfaces.core1.device',
      ]);
      expect(after.status).toBe(after.findings.some(({ severity }) => severity === 'error') ? 1 : 0);
    });

    test('rights that are missing are named', { timeout: 60_000 }, () => {
      const { status, findings } = diagnose('setpriv --bounding-set -all --inh-caps -all');
      expect(status).toBe(1);
      expect(findings.find(({ check }) => check === 'capability')?.text).toBe(
        'missing capabilities: CAP_NET_RAW (packet sockets), CAP_NET_ADMIN (TAPs), CAP_SYS_ADMIN (work in another network namespace); started inside that namespace, the run needs no CAP_SYS_ADMIN',
      );
      expect(named(findings)).toContain('note netns-unseen interfaces.ce1.controlPort');
    });

    test('a namespace and an interface that are missing', { timeout: 60_000 }, () => {
      must(`ip -n ${own} link del ce1 && ip netns del ${other}`);
      const { findings } = diagnose();
      expect(named(findings)).toEqual(
        expect.arrayContaining(['error missing interfaces.ce1.device', 'error netns interfaces.ce1.controlPort.netns']),
      );
    });
  },
);
