// Texts to models and messages: the example, YAML's own faults, the structure, and all of it at once.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ShimlineError } from '../../errors.ts';
import { ConfigError, parseConfig } from './index.ts';

const exampleYaml = readFileSync(new URL('./example.yaml', import.meta.url), 'utf8');

/** Every problem as `line:column path: message`, in order. */
function problemLines(error: unknown): string[] {
  return (error as Error).message.split('\n').map((line) => line.replace(/^x\.yaml:/, ''));
}

function problemsOf(text: string): string[] {
  try {
    parseConfig(text, 'x.yaml');
  } catch (error) {
    return problemLines(error);
  }
  return [];
}

describe('the example', () => {
  const model = parseConfig(exampleYaml, 'pe1.yaml');
  const interfaceNamed = (name: string) => model.interfaces.find((item) => item.name === name);

  test('has no problems, and its settings', () => {
    expect(model).toMatchObject({
      name: 'pe1',
      id: { family: 4, words: [0xc0000201] },
      ttl: 'uniform',
      dynamicLabels: { first: 16, last: 1048575 },
      icmp: { rate: 100, burst: 100 },
      hashSeed: 1,
      hashPayload: true,
    });
  });

  test('keeps the order of the file, and gives roles', () => {
    expect(model.interfaces.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'ce1 routed',
      'ce2 carrier',
      'ce2.100 routed',
      'ce2.200 circuit',
      'ce3 circuit',
      'ce4 circuit',
      'ce2.300 routed',
      'core1 routed',
    ]);
  });

  test('lets sub-interfaces inherit', () => {
    expect(interfaceNamed('ce2.300')).toMatchObject({ port: 'ce2', outer: 300, vlan: 30, mtu: 1500, vrf: 'red' });
    expect(interfaceNamed('ce2.300')?.mac).toEqual([2, 0, 0, 0, 1, 2]);
    expect(interfaceNamed('core1')).toMatchObject({
      mpls: true,
      mtu: 9000,
      device: { kind: 'afpacket', interface: 'veth-core1', lowLatency: false },
    });
  });

  test('keeps a label that is made by a VRF or pseudowire once', () => {
    expect(model.labels.map(({ label }) => label)).toEqual([16001, 16005, 16007, 24002, 16100]);
    expect(model.vrfs.map(({ label }) => label)).toEqual([24001, 24011]);
    expect(model.labels[3]?.paths[0]).toMatchObject({ kind: 'via', vrf: 'red', labels: undefined, payload: 'ip' });
    expect(model.labels[1]?.paths[0]).toMatchObject({ labels: [] });
  });

  test('has paths with their defaults', () => {
    expect(model.routes[9]?.paths).toMatchObject([
      { kind: 'via', weight: 2, backup: false, entropy: false, labels: [24013] },
      { kind: 'via', weight: 1, backup: false },
      { kind: 'via', weight: 1, backup: true },
    ]);
    expect(model.routes[5]).toMatchObject({
      path: 'routes[5]',
      vrf: 'red',
      paths: [{ kind: 'table', target: 'global' }],
    });
  });

  test('has circuits with their defaults', () => {
    expect(model.xconnects[0]?.ends).toEqual([
      { kind: 'interface', name: 'ce2.200' },
      { kind: 'pseudowire', name: 'acme' },
    ]);
    expect(model.pseudowires[1]).toMatchObject({ controlWord: true, type: 'ethernet', mtu: 1500, flowLabel: false });
    const [bridge] = model.bridges;
    expect(bridge).toMatchObject({ ageingSeconds: 300, macLimit: 4096, learning: 'unqualified', macs: [] });
    expect(bridge?.members.map(({ circuit, group }) => [circuit.name, group])).toEqual([
      ['ce3', undefined],
      ['ce4', undefined],
      ['lan1-pe2', 'mesh'],
      ['lan1-pe3', 'mesh'],
    ]);
  });

  test('reads the same as JSON', () => {
    const text = '{"router": {"name": "a"}, "routes": [{"prefix": "0.0.0.0/0", "drop": true}]}';
    expect(parseConfig(text, 'a.json')).toMatchObject({ name: 'a', routes: [{ paths: [{ kind: 'drop' }] }] });
  });
});

describe('defaults', () => {
  test('of an empty map', () => {
    const model = parseConfig('{}', 'x.yaml');
    expect(model).toMatchObject({ name: 'router', id: undefined, punt: false, interfaces: [], routes: [] });
    expect(model.dynamicLabels).toEqual({ first: 16, last: 1048575 });
  });

  test('of the hash seed: from name and id', () => {
    const seed = (text: string) => parseConfig(`router: ${text}`, 'x.yaml').hashSeed;
    expect(seed('{name: pe1}')).toBe(seed('{name: pe1}'));
    expect(seed('{name: pe1}')).not.toBe(seed('{name: pe2}'));
    expect(seed('{name: pe1, id: 192.0.2.1}')).not.toBe(seed('{name: pe1}'));
    expect(seed('{hashSeed: 4294967295}')).toBe(4294967295);
  });
});

describe('YAML', () => {
  test.each([
    ['', ['1:1 the file is empty: expected keys such as router, interfaces or routes']],
    ['# nothing\n', ['1:1 the file is empty: expected keys such as router, interfaces or routes']],
    ['- a\n', ['1:1 expected a map of keys, got a list']],
    [
      'router: {name: a\nroutes: []\n',
      ['2:1 YAML: Flow map in block collection must be sufficiently indented and end with a }'],
    ],
    ['router:\n\tname: a\n', ['2:1 YAML: tabs are not allowed as indentation']],
    ['router: *r\n', ['1:9 YAML: no anchor &r before this alias']],
    ['router: {name: !x a}\n', ['1:16 YAML: Unresolved tag: !x']],
    ['{}\n---\n{}\n', ['2:1 YAML: a second document starts here: one file describes one router']],
    ['? [a]\n: 1\n', ['1:3 YAML: a key must be plain text']],
    ['<<: {a: 1}\n', ["1:1 <<: unknown key '<<'"]],
  ])('%j', (text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });

  test('duplicate keys, at every depth', () => {
    expect(problemsOf('router:\n  name: a\n  name: b\nrouter: {}\n')).toEqual([
      "3:3 router.name: duplicate key 'name', first in line 2",
      "4:1 router: duplicate key 'router', first in line 1",
    ]);
  });

  test('is version 1.2, whatever it says', () => {
    const text = '%YAML 1.1\n---\ninterfaces: {ce1: {mac: 12:00:00:00:01:01}}\nrouter: {punt: yes}\n';
    expect(problemsOf(text)).toEqual([
      '4:16 router.punt: expected true or false, got "yes"; YAML 1.2 has only true and false',
    ]);
    const model = parseConfig('interfaces: {ce1: {mac: 12:00:00:00:01:01}}', 'x.yaml');
    expect(model.interfaces[0]?.mac).toEqual([0x12, 0, 0, 0, 1, 1]);
  });

  test('aliases are values, but no bomb', () => {
    const shared = 'routes:\n  - &r {prefix: 10.0.0.0/8, drop: true}\n  - *r\n';
    expect(problemsOf(shared)).toEqual([
      '2:17 routes[1].prefix: 10.0.0.0/8 in the global table is already at routes[0]',
    ]);
    const levels = Array.from({ length: 8 }, (_, i) => `x${i + 1}: &x${i + 1} [${`*x${i}, `.repeat(9)}]`);
    expect(problemsOf(`x0: &x0 [lol]\n${levels.join('\n')}\n`)).toEqual([
      '1:1 YAML: aliases must not contain themselves or multiply into more than 1000 values',
    ]);
  });

  test('a position of an aliased mistake is inside the anchor', () => {
    expect(problemsOf('interfaces:\n  ce1: &c {mtu: big}\n  ce2: *c\n')).toContain(
      '2:17 interfaces.ce2.mtu: expected a whole number from 28 to 65535, got "big"',
    );
  });
});

describe('structure', () => {
  test.each([
    ['routers: {}', ["1:1 routers: unknown key 'routers'; did you mean 'router'?"]],
    ['routes: {}', ['1:9 routes: expected a list, got a map']],
    ['interfaces:', []],
    ['interfaces: {ce3: }', []],
    ['interfaces: {ce3: 7}', ['1:19 interfaces.ce3: expected a map of keys, got 7']],
    [
      'interfaces: {ce1: {mac: 02:00:00:00:00:01, adresses: []}}',
      ["1:44 interfaces.ce1.adresses: unknown key 'adresses'; did you mean 'addresses'?"],
    ],
    ['router: {colour: red}', ["1:10 router.colour: unknown key 'colour'"]],
    ['router: {toString: 1}', ["1:10 router.toString: unknown key 'toString'"]],
    ['routes: [{drop: true}]', ["1:10 routes[0]: missing key 'prefix'"]],
    ['routes: [{prefx: 0.0.0.0/0, drop: true}]', ["1:11 routes[0].prefx: unknown key 'prefx'; did you mean 'prefix'?"]],
    ['routes: [{prefix: 0.0.0.0/0, vai: 1.1.1.1}]', ["1:30 routes[0].vai: unknown key 'vai'; did you mean 'via'?"]],
    [
      'routes: [{prefix: 0.0.0.0/0, pop: true}]',
      ["1:30 routes[0].pop: unknown key 'pop': it belongs in entries of labels"],
    ],
    ['routes: [{prefix: 0.0.0.0/0, drop: false}]', ['1:36 routes[0].drop: expected true, got false']],
    [
      'routes: [{prefix: 0.0.0.0/0, paths: []}]',
      ['1:37 routes[0].paths: expected a list of at least one path, got an empty list'],
    ],
    [
      'router: {ttl: unifrom}',
      ['1:15 router.ttl: expected uniform, pipe or short-pipe, got "unifrom"; did you mean \'uniform\'?'],
    ],
    [
      'labels: [{label: 100, pop: true, ttl: 256}]',
      ['1:39 labels[0].ttl: expected uniform, pipe, short-pipe or a whole number from 1 to 255, got 256'],
    ],
    [
      'labels: [{label: 100, pop: true, tc: "7"}]',
      [
        '1:38 labels[0].tc: expected uniform, pipe, short-pipe or a whole number from 0 to 7, got "7"; without quotes it is a number',
      ],
    ],
    [
      'labels: [{label: 15, pop: true}]',
      ['1:18 labels[0].label: label out of range: expected a label from 16 to 1048575, got 15'],
    ],
    ['labels: [{label: x, pop: true}]', ['1:18 labels[0].label: expected a label from 16 to 1048575, got "x"']],
    [
      'labels: [{label: 100, via: 1.1.1.1, interface: ce1, labels: [3, 7]}]\ninterfaces: {ce1: {mac: 02:00:00:00:00:01}}',
      ['1:65 labels[0].labels[1]: label out of range: expected a label: 0, 2, 3 or from 16 to 1048575, got 7'],
    ],
    [
      'router: {hashSeed: 4294967296}',
      ['1:20 router.hashSeed: expected a whole number from 0 to 4294967295, got 4294967296'],
    ],
    ['router: {icmp: {rate: 1.5}}', ['1:23 router.icmp.rate: expected a whole number of at least 0, got 1.5']],
    ['router: {name: 7}', ['1:16 router.name: expected a name, got 7; in quotes it is text']],
    [
      'vrfs: {red: {rd: 65000}}',
      ['1:18 vrfs.red.rd: expected ASN:NUMBER or IPV4:NUMBER, such as "65000:1", got 65000; in quotes it is text'],
    ],
    [
      'interfaces: {ce1: {mac: 02-00-00-00-00-01}}',
      ['1:25 interfaces.ce1.mac: expected a MAC address such as 02:00:00:00:01:01, got "02-00-00-00-00-01"'],
    ],
    [
      'xconnects: [[a]]',
      [
        '1:13 xconnects[0]: expected a list of exactly two ends, each the name of an interface or {pseudowire: NAME}, got a list',
      ],
    ],
    [
      'interfaces: {ce1: {mac: 02:00:00:00:00:01, device: {}}}',
      ['1:52 interfaces.ce1.device: expected a map of one key, such as {afpacket: veth0}, got a map'],
    ],
  ])('%s', (text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });
});

describe('all problems at once', () => {
  test('structure and meaning, in the order of the file', () => {
    const text = exampleYaml
      .replace('mtu: 1500\n', 'mtu: big\n')
      .replace('urpf: strict', 'urpf: strikt')
      .replace('vlan: 100, vrf: blue', 'vlan: 100, vrf: blu')
      .replace('10.1.2.0/24, via: 10.1.1.2', '10.1.2.7/24, via: 10.1.1.2')
      .replace('{ label: 16100, pop: true }', '{ label: 16100, pop: true, drop: true }')
      .replace('[ce2.200, ', '[ce2.20, ');
    expect(problemsOf(text)).toEqual([
      '18:10 interfaces.ce1.mtu: expected a whole number from 28 to 65535, got "big"',
      '21:11 interfaces.ce1.urpf: expected strict or loose, got "strikt"; did you mean \'strict\'?',
      "23:30 interfaces.ce2.100.vrf: no VRF 'blu'; did you mean 'blue'?",
      '55:25 routes[4].prefix: 10.1.2.7/24 has host bits set; the prefix is 10.1.2.0/24',
      "73:21 labels[5].pop: 'pop' next to 'drop': a path has exactly one of via, table, drop, receive, punt, pop or pseudowire",
      "91:6 xconnects[0][0]: no interface 'ce2.20'; did you mean 'ce2.200'?",
    ]);
  });

  test('are in the error, with status 2', () => {
    let error: unknown;
    try {
      parseConfig('a: 1\nb: 2\n', 'pe1.yaml');
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toBeInstanceOf(ShimlineError);
    expect(error).toMatchObject({
      code: 'CONFIG',
      exitStatus: 2,
      message: "pe1.yaml:1:1 a: unknown key 'a'\npe1.yaml:2:1 b: unknown key 'b'",
      problems: [
        { path: 'a', line: 1, column: 1, message: "unknown key 'a'" },
        { path: 'b', line: 2, column: 1, message: "unknown key 'b'" },
      ],
    });
  });
});

test('a hundred thousand routes', () => {
  const routes = Array.from({ length: 100_000 }, (_, i) => ({
    prefix: `${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`,
    via: '10.0.12.2',
    labels: [16 + i],
  }));
  const interfaces = { core1: { mac: '02:00:00:00:01:0f', mpls: true, addresses: ['10.0.12.1/30'] } };
  const model = parseConfig(JSON.stringify({ interfaces, routes }), 'big.json');
  expect(model.routes.length).toBe(100_000);
}, 120_000);
