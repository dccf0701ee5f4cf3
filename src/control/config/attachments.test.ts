// Devices, control ports and punt limits: what they mean, and each mistake with its message.
import { describe, expect, test } from 'vitest';
import { puntReasons } from '../../engine/reasons.ts';
import type { DeviceSpec } from '../../io/live-device.ts';
import type { DeviceModel, RouterModel } from '../model.ts';
import { type ConfigOptions, parseConfig } from './index.ts';

function problemsOf(text: string, options: ConfigOptions = { live: true }): string[] {
  try {
    parseConfig(text, 'x.yaml', options);
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.replace(/^x\.yaml:/, ''));
  }
  return [];
}

const read = (text: string): RouterModel => parseConfig(text, 'x.yaml', { live: true });

/** The device of port a, as the flow map after `device:` says it. */
function deviceOf(text: string): DeviceModel | undefined {
  return read(`interfaces: {a: {device: ${text}}}`).interfaces[0]?.device;
}

describe('device', () => {
  const asRecorded = { by: 'time', speed: 1 };

  test.each<[string, DeviceModel]>([
    ['{afpacket: veth0}', { kind: 'afpacket', interface: 'veth0', lowLatency: false }],
    ['{afpacket: {interface: veth0}}', { kind: 'afpacket', interface: 'veth0', lowLatency: false }],
    ['{afpacket: {interface: veth0, latency: low}}', { kind: 'afpacket', interface: 'veth0', lowLatency: true }],
    ['{afpacket: {interface: e, latency: normal}}', { kind: 'afpacket', interface: 'e', lowLatency: false }],
    ['{tap: tap0}', { kind: 'tap', name: 'tap0', netns: undefined }],
    ['{tap: {name: tap0, netns: site-1}}', { kind: 'tap', name: 'tap0', netns: 'site-1' }],
    ['{cap: eth0}', { kind: 'cap', interface: 'eth0' }],
    ['{pcap: a.pcap}', { kind: 'pcap', in: 'a.pcap', out: undefined, pace: asRecorded } as DeviceModel],
    ['{pcap: {out: b.pcap}}', { kind: 'pcap', in: undefined, out: 'b.pcap', pace: asRecorded } as DeviceModel],
    ['{pcap: {in: a, out: b, speed: 2.5}}', { kind: 'pcap', in: 'a', out: 'b', pace: { by: 'time', speed: 2.5 } }],
    [
      '{pcap: {in: a, pps: 1000}}',
      { kind: 'pcap', in: 'a', out: undefined, pace: { by: 'rate', framesPerSecond: 1000 } },
    ],
    ['{pcap: {in: a, topspeed: true}}', { kind: 'pcap', in: 'a', out: undefined, pace: { by: 'topspeed' } }],
  ])('%s', (text, expected) => {
    const device = deviceOf(text);
    expect(device).toEqual(expected);
    // The types of control and io are one: this compiles only while they are.
    const spec: DeviceSpec | undefined = device;
    const back: DeviceModel | undefined = spec;
    expect(back).toBe(device);
  });

  test('two ports with one name are a loopback pair', () => {
    const { interfaces } = read('interfaces: {a: {device: {loopback: x}}, b: {device: {loopback: x}}}');
    expect(interfaces.map(({ device }) => device)).toEqual([
      { kind: 'loopback', name: 'x' },
      { kind: 'loopback', name: 'x' },
    ]);
  });

  test('two TAPs may share a name in different namespaces', () => {
    expect(problemsOf('interfaces: {a: {device: {tap: t}}, b: {device: {tap: {name: t, netns: n}}}}')).toEqual([]);
  });

  const linuxName = "expected the name of a Linux interface: up to 15 bytes without '/', ':', '%' or spaces";

  test.each([
    ['{}', ['1:26 interfaces.a.device: expected a map of one key, such as {afpacket: veth0}, got a map']],
    [
      '{afpacket: e, tap: t}',
      ['1:26 interfaces.a.device: expected a map of one key, such as {afpacket: veth0}, got a map'],
    ],
    ['eth0', ['1:26 interfaces.a.device: expected a map of one key, such as {afpacket: veth0}, got "eth0"']],
    ['{afpaket: e}', ["1:27 interfaces.a.device.afpaket: unknown key 'afpaket'; did you mean 'afpacket'?"]],
    ['{afpacket: a/b}', [`1:37 interfaces.a.device.afpacket: ${linuxName}, got "a/b"`]],
    ['{afpacket: "a b"}', [`1:37 interfaces.a.device.afpacket: ${linuxName}, got "a b"`]],
    ['{cap: ..}', [`1:32 interfaces.a.device.cap: ${linuxName}, got ".."`]],
    ['{tap: tap%d}', [`1:32 interfaces.a.device.tap: ${linuxName}, got "tap%d"`]],
    ['{tap: sixteen-letters-}', [`1:32 interfaces.a.device.tap: ${linuxName}, got "sixteen-letters-"`]],
    ['{tap: ééééééééé}', ['1:32 interfaces.a.device.tap: the name is too long: Linux takes 15 bytes, got 18']],
    [
      '{afpacket: 7}',
      [
        '1:37 interfaces.a.device.afpacket: expected the name of an interface or {interface: NAME, latency: low}, got 7',
      ],
    ],
    ['{afpacket: {latency: low}}', ["1:37 interfaces.a.device.afpacket: missing key 'interface'"]],
    [
      '{afpacket: {interfac: e}}',
      ["1:38 interfaces.a.device.afpacket.interfac: unknown key 'interfac'; did you mean 'interface'?"],
    ],
    [
      '{afpacket: {interface: e, latency: lo}}',
      ['1:61 interfaces.a.device.afpacket.latency: expected low or normal, got "lo"; did you mean \'low\'?'],
    ],
    [
      '{tap: {name: t, netns: a/b}}',
      [
        '1:49 interfaces.a.device.tap.netns: expected the name of a network namespace, as in ip netns: without \'/\' or spaces, got "a/b"',
      ],
    ],
    ['{pcap: {}}', ["1:33 interfaces.a.device.pcap: a capture is due: 'in', 'out' or both"]],
    ['{pcap: {inn: a}}', ["1:34 interfaces.a.device.pcap.inn: unknown key 'inn'; did you mean 'in'?"]],
    [
      '{pcap: {in: a, speed: 2, pps: 3}}',
      ["1:51 interfaces.a.device.pcap.pps: 'pps' next to 'speed': one pace is due"],
    ],
    [
      '{pcap: {in: a, speed: 0}}',
      ['1:48 interfaces.a.device.pcap.speed: expected a number above 0, up to 1000000, got 0'],
    ],
    ['{pcap: {in: a, topspeed: false}}', ['1:51 interfaces.a.device.pcap.topspeed: expected true, got false']],
    [
      '{pcap: {out: a, pps: 7}}',
      ["1:42 interfaces.a.device.pcap.pps: 'pps' without 'in': it is how a capture is played"],
    ],
    ['{pcap: {in: a, out: a}}', ['1:46 interfaces.a.device.pcap.out: a is also what arrives: it would be overwritten']],
    [
      '{loopback: x}',
      ['1:37 interfaces.a.device.loopback: x has one end only: a second port with the same name is due'],
    ],
  ])('%s is refused', (text, expected) => {
    expect(problemsOf(`interfaces: {a: {device: ${text}}}`)).toEqual(expected);
  });

  test.each([
    ['{afpacket: e}', '{afpacket: {interface: e}}', '2:15 interfaces.b.device: e is already the device of port a'],
    ['{afpacket: e}', '{cap: e}', '2:15 interfaces.b.device: e is already the device of port a'],
    ['{tap: t}', '{tap: {name: t}}', '2:15 interfaces.b.device: t is already the device of port a'],
    [
      '{tap: {name: t, netns: n}}',
      '{tap: {name: t, netns: n}}',
      '2:15 interfaces.b.device: t in n is already the device of port a',
    ],
  ])('%s and %s on two ports', (one, other, expected) => {
    expect(problemsOf(`interfaces: {a: {device: ${one}},\n  b: {device: ${other}}}`)).toEqual([expected]);
  });

  test('a third end of a loopback pair', () => {
    const end = '{device: {loopback: x}}';
    expect(problemsOf(`interfaces: {a: ${end}, b: ${end},\n  c: ${end}}`)).toEqual([
      '2:26 interfaces.c.device.loopback: x has two ends already: a and b',
    ]);
  });

  test('a lone end is no second mistake beside a damaged port', () => {
    expect(problemsOf('interfaces: {a: {device: {loopback: x}}, b: {device: {lopback: x}}}')).toEqual([
      "1:55 interfaces.b.device.lopback: unknown key 'lopback'; did you mean 'loopback'?",
    ]);
  });

  test('is due for every port when a live run is about to begin, and only then', () => {
    const text = 'interfaces: {a: {device: {tap: t}},\n  b: {}, b.1: {vlan: 1}, c: {devise: {tap: u}}}';
    const misspelled = "2:30 interfaces.c.devise: unknown key 'devise'; did you mean 'device'?";
    expect(problemsOf(text, { live: true, devicesDue: true })).toEqual([
      "2:3 interfaces.b: missing key 'device': in a live run each port is attached to something",
      misspelled,
    ]);
    expect(problemsOf(text)).toEqual([misspelled]);
  });

  test('is not due where the router itself is in a bridge', () => {
    const text = 'interfaces: {a: {device: {tap: t}}, irb: {bridge: lan}}\nbridges: {lan: {interfaces: [a]}}';
    expect(problemsOf(text, { live: true, devicesDue: true })).toEqual([]);
  });
});

describe('controlPort', () => {
  test('on ports and sub-interfaces', () => {
    const text =
      'interfaces: {a: {vrf: r, controlPort: {name: ce1, netns: cp}}, a.1: {vlan: 1, controlPort: {name: ce1.1, netns: cp}}, b: {}}\nvrfs: {r: {}}';
    expect(read(text).interfaces.map(({ controlPort }) => controlPort)).toEqual([
      { name: 'ce1', netns: 'cp' },
      { name: 'ce1.1', netns: 'cp' },
      undefined,
    ]);
  });

  test('one name may be in two namespaces', () => {
    const port = (netns: string) => `{controlPort: {name: x, netns: ${netns}}}`;
    expect(problemsOf(`interfaces: {a: ${port('m')}, b: ${port('n')}}`)).toEqual([]);
  });

  test.each([
    ['a: {controlPort: {name: x}}', ["1:31 interfaces.a.controlPort: missing key 'netns'"]],
    ['a: {controlPort: {netns: n}}', ["1:31 interfaces.a.controlPort: missing key 'name'"]],
    [
      'a: {controlPort: {name: x, netn: n}}',
      ["1:41 interfaces.a.controlPort.netn: unknown key 'netn'; did you mean 'netns'?"],
    ],
    [
      'a: {controlPort: {name: x, netns: n}}, b: {controlPort: {name: x, netns: n}}',
      ['1:70 interfaces.b.controlPort: x in n is already the control port of a'],
    ],
    [
      'a: {device: {tap: {name: x, netns: n}}}, b: {controlPort: {name: x, netns: n}}',
      ['1:72 interfaces.b.controlPort: x in n is already the device of port a'],
    ],
    [
      'a: {controlPort: {name: x, netns: n}}, a.1: {vlan: 1}',
      ['1:18 interfaces.a.controlPort: a takes no untagged frames: its sub-interfaces have control ports of their own'],
    ],
  ])('%s', (text, expected) => {
    expect(problemsOf(`interfaces: {${text}}`)).toEqual(expected);
  });

  test('not on a circuit', () => {
    expect(
      problemsOf('interfaces: {a: {controlPort: {name: x, netns: n}}, b: {}}\nbridges: {lan: {interfaces: [a, b]}}'),
    ).toEqual(['1:18 interfaces.a.controlPort: a is a circuit (bridges.lan): nothing on it is for the router itself']);
  });
});

describe('router.puntLimits', () => {
  test('every punt reason has a default', () => {
    const { puntLimits } = read('router: {puntLimits: {arp: 7, local: 0}}');
    expect(Object.keys(puntLimits).sort()).toEqual(puntReasons.map(({ name }) => name).sort());
    expect(puntLimits).toEqual({
      arp: 7,
      nd: 200,
      local: 0,
      oam: 100,
      'router-alert': 100,
      'other-protocol': 1000,
      configured: 5000,
    });
  });

  test.each([
    ['{arpp: 1}', "1:23 router.puntLimits.arpp: unknown key 'arpp'; did you mean 'arp'?"],
    ['{arp: -1}', '1:28 router.puntLimits.arp: expected a whole number from 0 to 4294967295, got -1'],
    ['7', '1:22 router.puntLimits: expected a map of keys, got 7'],
  ])('%s', (text, expected) => {
    expect(problemsOf(`router: {puntLimits: ${text}}`)).toEqual([expected]);
  });
});
