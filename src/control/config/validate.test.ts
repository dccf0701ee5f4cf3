// What a configuration means: each rule broken once in a small router that is otherwise in order.
import { describe, expect, test } from 'vitest';
import { parseConfig, type ValidateOptions, validateConfig } from './index.ts';

type Item = Record<string, unknown>;

/** A small router in order; tests add to it or replace in it. */
function base(): Record<string, Item> & { routes: Item[]; labels: Item[]; neighbors: Item[]; xconnects: unknown[] } {
  return {
    router: { name: 'pe1', id: '192.0.2.1' },
    interfaces: {
      ce1: { mac: '02:00:00:00:01:01', vrf: 'red', addresses: ['10.1.1.1/24', '2001:db8:1::1/64'] },
      ce2: { mac: '02:00:00:00:01:02' },
      'ce2.100': { vlan: 100, vrf: 'blue', addresses: ['10.1.1.1/24'] },
      'ce2.200': { vlan: 200 },
      ce3: {},
      core1: { mac: '02:00:00:00:01:0f', mpls: true, addresses: ['10.0.12.1/30'] },
    },
    vrfs: { red: { label: 24001 }, blue: {} },
    neighbors: [],
    routes: [{ prefix: '192.0.2.0/24', via: '10.0.12.2' }],
    labels: [],
    pseudowires: { acme: { peer: '192.0.2.2', localLabel: 24050, remoteLabel: 24060 } },
    xconnects: [['ce2.200', { pseudowire: 'acme' }]],
    bridges: { lan1: { interfaces: ['ce3'] } },
  } as unknown as ReturnType<typeof base>;
}

type Config = ReturnType<typeof base>;

function problemsOf(change: (config: Config) => void, options?: ValidateOptions): string[] {
  const config = base();
  change(config);
  const result = validateConfig(config, options);
  return 'problems' in result ? result.problems.map(({ path, message }) => `${path}: ${message}`) : [];
}

const withInterface = (name: string, value: Item) => (config: Config) => {
  config.interfaces = { ...config.interfaces, [name]: { ...(config.interfaces?.[name] as Item), ...value } };
};
const withRoute = (route: Item) => (config: Config) => config.routes.push(route);
const withLabel = (label: Item) => (config: Config) => config.labels.push(label);
const withNeighbor = (neighbor: Item) => (config: Config) => config.neighbors.push(neighbor);
const both = (one: (config: Config) => void, other: (config: Config) => void) => (config: Config) => {
  one(config);
  other(config);
};

type Case = [string, (config: Config) => void, string[]];

function check(cases: Case[]): void {
  test.each(cases)('%s', (_, change, expected) => {
    expect(problemsOf(change)).toEqual(expected);
  });
}

test('the base is in order', () => {
  expect(problemsOf(() => {})).toEqual([]);
});

describe('router', () => {
  const withRouter = (value: Item) => (config: Config) => {
    config.router = value;
  };
  check([
    ['id of the wrong family', withRouter({ id: '::2' }), ['router.id: expected an IPv4 address, got "::2"']],
    [
      'id6 of the wrong family',
      withRouter({ id6: '1.1.1.1' }),
      ['router.id6: expected an IPv6 address, got "1.1.1.1"'],
    ],
    [
      'no address',
      withRouter({ id: '1.1.1' }),
      ['router.id: expected an address such as 192.0.2.1 or 2001:db8::1, got "1.1.1"'],
    ],
    ['loopback', withRouter({ id: '127.0.0.1' }), ['router.id: 127.0.0.1 is a loopback address']],
    [
      'empty range',
      withRouter({ labels: { dynamic: '20-19' } }),
      ['router.labels.dynamic: the range 20-19 is empty: its first label is above its last'],
    ],
    [
      'range too wide',
      withRouter({ labels: { dynamic: '16-1048576' } }),
      ['router.labels.dynamic: label out of range: expected labels from 16 to 1048575, got 16-1048576'],
    ],
  ]);
});

describe('interfaces', () => {
  check([
    [
      'bad port name',
      withInterface('1ce', { mac: '02:00:00:00:09:01' }),
      ["interfaces.1ce: '1ce' cannot name a port: expected a letter, then up to 14 letters, digits, '_' or '-'"],
    ],
    [
      'reserved port name',
      withInterface('drop', { mac: '02:00:00:00:09:01' }),
      ["interfaces.drop: 'drop' is reserved and cannot name a port"],
    ],
    [
      'bad sub-interface name',
      withInterface('ce2.', { vlan: 7 }),
      ["interfaces.ce2.: 'ce2.' cannot name a sub-interface: expected PORT.NAME, such as ce2.100"],
    ],
    [
      'no parent',
      withInterface('ce9.1', { vlan: 7 }),
      ["interfaces.ce9.1: no port 'ce9' for this sub-interface; did you mean 'ce1'?"],
    ],
    ['no vlan', withInterface('ce2.1', {}), ["interfaces.ce2.1: a sub-interface needs 'vlan'"]],
    ['outer alone', withInterface('ce2.1', { outer: 7 }), ["interfaces.ce2.1.outer: 'outer' without 'vlan'"]],
    [
      'vlan on a port',
      withInterface('ce1', { vlan: 7 }),
      ["interfaces.ce1.vlan: only a sub-interface has 'vlan', such as ce1.100"],
    ],
    [
      'device on a sub-interface',
      withInterface('ce2.100', { device: { tap: 'x' } }),
      ["interfaces.ce2.100.device: only a port has 'device', not a sub-interface"],
    ],
    [
      'same tag twice',
      withInterface('ce2.1', { vlan: 100 }),
      ['interfaces.ce2.1.vlan: vlan 100: ce2.100 has the same'],
    ],
    [
      'same pair of tags twice',
      both(withInterface('ce2.1', { outer: 1, vlan: 100 }), withInterface('ce2.2', { outer: 1, vlan: 100 })),
      ['interfaces.ce2.2.vlan: outer 1, vlan 100: ce2.1 has the same'],
    ],
    [
      'group mac',
      withInterface('ce1', { mac: '01:00:00:00:00:01' }),
      ['interfaces.ce1.mac: 01:00:00:00:00:01 is a group address'],
    ],
    [
      'zero mac',
      withInterface('ce1', { mac: '00:00:00:00:00:00' }),
      ["interfaces.ce1.mac: 00:00:00:00:00:00 is no station's address"],
    ],
    ['no mac on an idle port', withInterface('ce4', {}), []],
    ['no mac', withInterface('ce4', { mpls: true }), ["interfaces.ce4: missing key 'mac': ce4 is routed"]],
    [
      'no mac for a sub-interface',
      both(withInterface('ce4', {}), withInterface('ce4.1', { vlan: 1, addresses: ['10.77.1.1/24'] })),
      ["interfaces.ce4: missing key 'mac': ce4.1 is routed"],
    ],
    [
      'no mac with a device',
      withInterface('ce4', { device: { tap: 'x' }, addresses: ['10.77.1.1/24'] }),
      ["interfaces.ce4: missing key 'mac': ce4 is routed"],
    ],
    [
      'one mac on two ports',
      withInterface('ce4', { mac: '02:00:00:00:01:02' }),
      ['interfaces.ce4.mac: 02:00:00:00:01:02 is already the address of port ce2'],
    ],
    ['no such VRF', withInterface('ce1', { vrf: 'rde' }), ["interfaces.ce1.vrf: no VRF 'rde'; did you mean 'red'?"]],
    [
      'length too long',
      withInterface('ce1', { addresses: ['10.1.1.1/33'] }),
      ['interfaces.ce1.addresses[0]: prefix length of 10.1.1.1/33: expected a whole number from 0 to 32'],
    ],
    [
      'no length',
      withInterface('ce1', { addresses: ['10.1.1.1'] }),
      [
        'interfaces.ce1.addresses[0]: expected an address with its prefix length, such as 10.1.1.1/24 or 2001:db8::1/64, got "10.1.1.1"',
      ],
    ],
    [
      'network address',
      withInterface('ce1', { addresses: ['10.1.1.0/24'] }),
      ['interfaces.ce1.addresses[0]: 10.1.1.0 is the network address of 10.1.1.0/24'],
    ],
    [
      'broadcast address',
      withInterface('ce1', { addresses: ['10.1.1.3/30'] }),
      ['interfaces.ce1.addresses[0]: 10.1.1.3 is the broadcast address of 10.1.1.0/30'],
    ],
    [
      'multicast address',
      withInterface('ce1', { addresses: ['ff02::1/64'] }),
      ['interfaces.ce1.addresses[0]: ff02::1 is a multicast address'],
    ],
    ['both ends of a /31 are hosts', withInterface('ce1', { addresses: ['10.1.1.0/31'] }), []],
    [
      'same address twice in a table',
      withInterface('ce4', { mac: '02:00:00:00:01:04', vrf: 'red', addresses: ['10.1.1.1/25'] }),
      ['interfaces.ce4.addresses[0]: 10.1.1.1 is already an address of ce1 in VRF red (interfaces.ce1.addresses[0])'],
    ],
    [
      'an interface may have the address of the router',
      withInterface('core1', { addresses: ['10.0.12.1/30', '192.0.2.1/32'] }),
      [],
    ],
    [
      'circuit with an address',
      withInterface('ce3', { addresses: ['10.7.0.1/24'] }),
      ["interfaces.ce3.addresses: ce3 is a circuit (bridges.lan1): it has no 'addresses'"],
    ],
    [
      'circuit with mpls',
      withInterface('ce2.200', { mpls: true }),
      ["interfaces.ce2.200.mpls: ce2.200 is a circuit (xconnects[0]): it has no 'mpls'"],
    ],
  ]);

  test('live, a device brings the mac', () => {
    expect(problemsOf(withInterface('ce4', {}), { live: true })).toEqual([]);
  });
});

describe('circuits', () => {
  const withXconnect = (ends: unknown[]) => (config: Config) => config.xconnects.push(ends);
  const withBridge = (bridge: Item) => (config: Config) => {
    config.bridges = { ...config.bridges, lan2: bridge };
  };
  check([
    [
      'no such interface',
      withXconnect(['ce2.201', 'ce1']),
      [
        "xconnects[1][0]: no interface 'ce2.201'; did you mean 'ce2.200'?",
        "interfaces.ce1.addresses: ce1 is a circuit (xconnects[1]): it has no 'addresses'",
        "interfaces.ce1.vrf: ce1 is a circuit (xconnects[1]): it has no 'vrf'",
      ],
    ],
    [
      'no such pseudowire',
      withBridge({ pseudowires: ['amce'] }),
      ["bridges.lan2.pseudowires[0]: no pseudowire 'amce'; did you mean 'acme'?"],
    ],
    [
      'interface used twice',
      withBridge({ interfaces: ['ce3'] }),
      ['bridges.lan2.interfaces[0]: ce3 is already in bridges.lan1'],
    ],
    [
      'a pseudowire without a usable name',
      withXconnect(['ce3', { pseudowire: 7 }]),
      [
        'xconnects[1][1].pseudowire: expected the name of a pseudowire, got 7; in quotes it is text',
        'bridges.lan1.interfaces[0]: ce3 is already in xconnects[1]',
      ],
    ],
    [
      'pseudowire used twice',
      withBridge({ pseudowires: ['acme'] }),
      ['bridges.lan2.pseudowires[0]: acme is already in xconnects[0]'],
    ],
    [
      'both ends the same',
      (config) => {
        config.xconnects = [['ce2.200', 'ce2.200']];
      },
      ['xconnects[0][1]: ce2.200 is already in xconnects[0]'],
    ],
  ]);

  test('a port that is itself a circuit may have sub-interfaces', () => {
    const config = base();
    config.bridges = { lan1: { interfaces: ['ce3', 'ce2'] } };
    const result = validateConfig(config);
    const roles = 'model' in result ? result.model.interfaces.map(({ role }) => role) : [];
    expect(roles).toEqual(['routed', 'circuit', 'routed', 'circuit', 'circuit', 'routed']);
  });
});

describe('VRFs', () => {
  const withVrf = (name: string, value: Item) => (config: Config) => {
    config.vrfs = { ...config.vrfs, [name]: value };
  };
  check([
    ['reserved name', withVrf('global', {}), ["vrfs.global: 'global' is reserved and cannot name a VRF"]],
    ['bad name', withVrf('a b', {}), ["vrfs.a b: 'a b' cannot name a VRF: expected letters, digits, '_', '-' or '.'"]],
    [
      'wide ASN, wide number',
      withVrf('x', { rd: '70000:70000' }),
      ["vrfs.x.rd: number after ':' out of range: expected at most 65535, got 70000"],
    ],
    ['bad address', withVrf('x', { import: ['1.2.3.400:1'] }), ['vrfs.x.import[0]: 1.2.3.400 is not an IPv4 address']],
    ['forms', withVrf('x', { rd: '70000:1', import: ['192.0.2.1:65535', '1:4294967295'] }), []],
    ['label twice', withVrf('x', { label: 24001 }), ['vrfs.x.label: label 24001 is already given at vrfs.red.label']],
  ]);
});

describe('routes', () => {
  check([
    [
      'uncovered next hop',
      withRoute({ prefix: '11.0.0.0/8', via: '10.9.9.9' }),
      ['routes[1].via: no interface covers 10.9.9.9'],
    ],
    [
      'uncovered in paths',
      withRoute({ prefix: '11.0.0.0/9', paths: [{ via: '10.0.12.2' }, { via: '10.9.9.9' }] }),
      ['routes[1].paths[1].via: no interface covers 10.9.9.9'],
    ],
    [
      'connected in another VRF only',
      withRoute({ vrf: 'blue', prefix: '10.0.0.0/8', via: '2001:db8:1::2' }),
      ['routes[1].via: no interface covers 2001:db8:1::2'],
    ],
    [
      'connected in the named VRF',
      withRoute({ vrf: 'blue', prefix: '10.0.0.0/8', paths: [{ via: '2001:db8:1::2', vrf: 'red' }] }),
      [],
    ],
    ['recursive by a global route', withRoute({ vrf: 'red', prefix: '10.0.0.0/8', via: '192.0.2.9' }), []],
    [
      'covered by a default route',
      both(
        withRoute({ prefix: '0.0.0.0/0', via: '10.0.12.2' }),
        withRoute({ vrf: 'red', prefix: '10.0.0.0/8', via: '203.0.113.1' }),
      ),
      [],
    ],
    ['covered by its interface', withRoute({ prefix: '10.0.0.0/8', via: 'fe80::1', interface: 'core1' }), []],
    [
      'an IPv4 next hop in IPv6 clothes',
      withRoute({ vrf: 'red', prefix: '2001:db8:9::/48', via: '::ffff:192.0.2.2', labels: [100] }),
      [],
    ],
    [
      'link-local without interface',
      withRoute({ prefix: '10.0.0.0/8', via: 'fe80::1' }),
      ["routes[1].via: link-local fe80::1 needs 'interface'"],
    ],
    [
      'own address',
      withRoute({ vrf: 'red', prefix: '10.0.0.0/8', via: '10.1.1.1' }),
      ['routes[1].via: 10.1.1.1 is an address of this router'],
    ],
    [
      'own loopback',
      withRoute({ vrf: 'red', prefix: '10.0.0.0/8', via: '192.0.2.1' }),
      ['routes[1].via: 192.0.2.1 is an address of this router'],
    ],
    [
      'multicast next hop',
      withRoute({ prefix: '10.0.0.0/8', via: '224.0.0.5' }),
      ['routes[1].via: 224.0.0.5 is a multicast address'],
    ],
    [
      'unspecified next hop',
      withRoute({ prefix: '10.0.0.0/8', via: '::' }),
      ['routes[1].via: :: is the unspecified address'],
    ],
    [
      'no such interface',
      withRoute({ prefix: '10.0.0.0/8', via: '10.0.12.2', interface: 'core2' }),
      ["routes[1].interface: no interface 'core2'; did you mean 'core1'?"],
    ],
    [
      'interface is a circuit',
      withRoute({ prefix: '10.0.0.0/8', via: '10.0.12.2', interface: 'ce3' }),
      ['routes[1].interface: ce3 is not routed: it is a circuit'],
    ],
    [
      'interface is a carrier',
      withRoute({ prefix: '10.0.0.0/8', via: '10.0.12.2', interface: 'ce2' }),
      ['routes[1].interface: ce2 is not routed: it takes no untagged frames: name one of its sub-interfaces'],
    ],
    [
      'interface in another VRF than named',
      withRoute({ prefix: '10.0.0.0/8', paths: [{ via: '10.1.1.2', interface: 'ce1', vrf: 'blue' }] }),
      ['routes[1].paths[0].interface: ce1 is in VRF red, not in VRF blue'],
    ],
    [
      'no such VRF',
      withRoute({ vrf: 'rad', prefix: '10.0.0.0/8', via: '10.9.9.9' }),
      ["routes[1].vrf: no VRF 'rad'; did you mean 'red'?"],
    ],
    [
      'no such table',
      withRoute({ prefix: '10.0.0.0/8', table: 'rad' }),
      ["routes[1].table: no VRF 'rad'; did you mean 'red'?"],
    ],
    [
      'own table',
      withRoute({ vrf: 'red', prefix: '10.0.0.0/8', table: 'red' }),
      ['routes[1].table: this route is in VRF red itself: looking there again is a loop'],
    ],
    [
      'own table, global',
      withRoute({ prefix: '10.0.0.0/8', table: 'global' }),
      ['routes[1].table: this route is in the global table itself: looking there again is a loop'],
    ],
    [
      'same prefix twice',
      withRoute({ prefix: '192.0.2.0/24', drop: true }),
      ['routes[1].prefix: 192.0.2.0/24 in the global table is already at routes[0]'],
    ],
    ['same prefix in another VRF', withRoute({ vrf: 'red', prefix: '192.0.2.0/24', drop: true }), []],
    [
      'host bits',
      withRoute({ prefix: '10.1.2.3/16', drop: true }),
      ['routes[1].prefix: 10.1.2.3/16 has host bits set; the prefix is 10.1.0.0/16'],
    ],
    [
      'no path',
      withRoute({ prefix: '10.0.0.0/8' }),
      ['routes[1]: expected one of via, table, drop, receive, punt or paths'],
    ],
    [
      'no path in paths',
      withRoute({ prefix: '10.0.0.0/8', paths: [{ weight: 2 }] }),
      ['routes[1].paths[0]: expected one of via, table, drop, receive or punt'],
    ],
    [
      'two paths in one',
      withRoute({ prefix: '10.0.0.0/8', via: '10.0.12.2', drop: true }),
      ["routes[1].drop: 'drop' next to 'via': a path has exactly one of via, table, drop, receive or punt"],
    ],
    [
      'path next to paths',
      withRoute({ prefix: '10.0.0.0/8', via: '10.0.12.2', paths: [{ drop: true }] }),
      ["routes[1].via: 'via' next to 'paths': it belongs in each path"],
    ],
    [
      'labels without via',
      withRoute({ prefix: '10.0.0.0/8', drop: true, labels: [100] }),
      ["routes[1].labels: 'labels' goes only with 'via'"],
    ],
    [
      'entropy without labels',
      withRoute({ prefix: '10.0.0.0/8', via: '10.0.12.2', entropy: true }),
      ["routes[1].entropy: 'entropy' needs 'labels' with at least one label"],
    ],
    [
      'too many labels',
      withRoute({ prefix: '10.0.0.0/8', via: '10.0.12.2', labels: Array(17).fill(100) }),
      ['routes[1].labels: expected a list of at most 16 labels, got a list'],
    ],
    [
      'too many with entropy',
      withRoute({ prefix: '10.0.0.0/8', via: '10.0.12.2', labels: Array(15).fill(100), entropy: true }),
      ['routes[1].labels: 15 labels, ELI and EL are more than the 16 entries a path may push'],
    ],
    [
      'the only path a backup',
      withRoute({ prefix: '10.0.0.0/8', drop: true, backup: true }),
      ['routes[1].backup: at least one path must not be a backup'],
    ],
    [
      'all paths backups',
      withRoute({ prefix: '10.0.0.0/8', paths: [{ drop: true, backup: true }] }),
      ['routes[1].paths: at least one path must not be a backup'],
    ],
  ]);

  test('a mistake in an interface does not make next hops uncovered', () => {
    const change = both(
      withInterface('core1', { addresses: ['10.0.12.1/40'] }),
      withRoute({ prefix: '10.0.0.0/8', via: '10.0.12.2' }),
    );
    expect(problemsOf(change)).toEqual([
      'interfaces.core1.addresses[0]: prefix length of 10.0.12.1/40: expected a whole number from 0 to 32',
    ]);
  });

  test('modes next to paths are defaults for them', () => {
    const config = base();
    config.routes = [
      { prefix: '0.0.0.0/0', ttl: 'pipe', tc: 3, paths: [{ via: '10.0.12.2' }, { via: '10.0.12.2', ttl: 9 }] },
    ];
    const result = validateConfig(config);
    expect('model' in result && result.model.routes[0]?.paths).toMatchObject([
      { ttl: 'pipe', tc: 3 },
      { ttl: 9, tc: 3 },
    ]);
  });

  test('global is a name for the table of a path', () => {
    const config = base();
    config.routes.push({
      vrf: 'red',
      prefix: '10.0.0.0/8',
      paths: [
        { via: '10.0.12.2', vrf: 'global' },
        { via: '10.1.1.2', vrf: 'red' },
      ],
    });
    const result = validateConfig(config);
    expect('model' in result && result.model.routes[1]?.paths).toMatchObject([{ vrf: 'global' }, { vrf: undefined }]);
  });
});

describe('labels', () => {
  check([
    ['label of a VRF repeated', withLabel({ label: 24001, table: 'red' }), []],
    [
      'label of a VRF for something else',
      withLabel({ label: 24001, table: 'blue' }),
      ['labels[0].label: label 24001 is already given at vrfs.red.label'],
    ],
    [
      'label of a pseudowire for something else',
      withLabel({ label: 24050, pop: true }),
      ['labels[0].label: label 24050 is already given at pseudowires.acme.localLabel'],
    ],
    [
      'label twice',
      both(withLabel({ label: 100, pop: true }), withLabel({ label: 100, pop: true })),
      ['labels[1].label: label 100 is already given at labels[0].label'],
    ],
    [
      'no such pseudowire',
      withLabel({ label: 100, pseudowire: 'acne' }),
      ["labels[0].pseudowire: no pseudowire 'acne'; did you mean 'acme'?"],
    ],
    [
      'via in the global table',
      withLabel({ label: 100, via: '10.1.1.2', payload: 'ip' }),
      ['labels[0].via: no interface covers 10.1.1.2'],
    ],
    ['via in a VRF', withLabel({ label: 100, via: '10.1.1.2', vrf: 'red', payload: 'ip' }), []],
    [
      'vrf next to paths',
      withLabel({ label: 100, vrf: 'red', paths: [{ via: '10.0.12.2' }] }),
      ["labels[0].vrf: 'vrf' next to 'paths': it belongs in each path"],
    ],
    [
      'no path',
      withLabel({ label: 100 }),
      ['labels[0]: expected one of via, table, drop, receive, punt, pop, pseudowire or paths'],
    ],
  ]);
});

describe('neighbours', () => {
  const mac = '02:00:00:00:a1:01';
  check([
    ['in order', withNeighbor({ interface: 'ce1', address: '10.1.1.2', mac }), []],
    ['link-local', withNeighbor({ interface: 'ce1', address: 'fe80::1', mac }), []],
    ['off the subnet', withNeighbor({ interface: 'ce1', address: '10.1.2.2', mac }), []],
    [
      'own address',
      withNeighbor({ interface: 'ce1', address: '10.1.1.1', mac }),
      ['neighbors[0].address: 10.1.1.1 is an address of this router'],
    ],
    [
      'group mac',
      withNeighbor({ interface: 'ce1', address: '10.1.1.2', mac: 'ff:ff:ff:ff:ff:ff' }),
      ['neighbors[0].mac: ff:ff:ff:ff:ff:ff is a group address'],
    ],
    [
      'circuit',
      withNeighbor({ interface: 'ce3', address: '10.1.1.2', mac }),
      ['neighbors[0].interface: ce3 is not routed: it is a circuit'],
    ],
    [
      'no such interface',
      withNeighbor({ interface: 'ce11', address: '10.1.1.2', mac }),
      ["neighbors[0].interface: no interface 'ce11'; did you mean 'ce1'?"],
    ],
    [
      'twice',
      both(
        withNeighbor({ interface: 'ce1', address: '10.1.1.2', mac }),
        withNeighbor({ interface: 'ce1', address: '10.1.1.2', mac }),
      ),
      ['neighbors[1].address: 10.1.1.2 on ce1 is already at neighbors[0]'],
    ],
  ]);
});

describe('places', () => {
  const positionOf = (text: string) => {
    try {
      parseConfig(text, 'pe1.yaml');
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  test('of a value, of a key, of a map', () => {
    const text = [
      'interfaces:',
      '  core1: {mac: 02:00:00:00:00:01, addresses: [10.0.12.1/30]}',
      '  ce1:',
      '    mpls: true',
      'routes:',
      '  - prefix: 13.0.0.0/8',
      '    via: 10.9.9.9',
      '  - prefix: 11.0.0.0/8',
      '    drop: true',
      '    labels: [100]',
      '  - prefix: 12.0.0.0/8',
    ];
    expect(positionOf(text.join('\n')).split('\n')).toEqual([
      "pe1.yaml:3:3 interfaces.ce1: missing key 'mac': ce1 is routed",
      'pe1.yaml:7:10 routes[0].via: no interface covers 10.9.9.9',
      "pe1.yaml:10:5 routes[1].labels: 'labels' goes only with 'via'",
      'pe1.yaml:11:5 routes[2]: expected one of via, table, drop, receive, punt or paths',
    ]);
  });
});

test('without a text, problems have no position', () => {
  expect(validateConfig({ a: 1 })).toEqual({
    problems: [{ path: 'a', line: 0, column: 0, message: "unknown key 'a'" }],
  });
  expect(validateConfig(null)).toMatchObject({
    problems: [{ path: '', message: 'expected a map of keys, got nothing' }],
  });
});
