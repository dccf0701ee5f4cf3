// Each check on facts that were made up: what it finds, how grave it is, and which command mends it.
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../control/config/index.ts';
import type { RouterModel } from '../../control/model.ts';
import type { LinkFacts, NamespaceFacts } from '../../io/linux/facts.ts';
import type { HostFacts } from '../../io/linux/host-facts.ts';
import { checks, findingsAsText } from '../doctor.ts';
import { bySeverity, type Facts, type Finding } from './finding.ts';

const allRights = 0x1ff_ffff_ffffn;
const netAdmin = 1n << 12n;
const netRaw = 1n << 13n;
const ipcLock = 1n << 14n;

const host: HostFacts = {
  isLinux: true,
  hasKoffi: true,
  effective: allRights,
  lockedBytesMax: Number.POSITIVE_INFINITY,
  hasPacketSockets: true,
  hasXdpSockets: true,
  tun: 'usable',
  capProblem: undefined,
};

const noOffloads = { gro: false, lro: false, gso: false, tso: false, tx: false };
const everyOffload = { gro: true, lro: true, gso: true, tso: true, tx: true };

function link(name: string, parts: Partial<LinkFacts> = {}): LinkFacts {
  return {
    name,
    index: 7,
    isUp: true,
    hasCarrier: true,
    mtu: 1500,
    mac: '02:00:00:00:00:07',
    master: undefined,
    uppers: [],
    addresses: [],
    card: { driver: 'virtio_net', offloads: noOffloads, address4: undefined },
    isTun: false,
    peer: undefined,
    hasIpv6: false,
    forwards4: false,
    forwards6: false,
    forwardsMpls: false,
    listeners: [],
    ...parts,
  };
}

const inOrder: NamespaceFacts = { isOwn: false, inside: { links: ['lo'], strictReversePath: [] } };

function facts(
  parts: Partial<Facts> & { hostParts?: Partial<HostFacts>; linkList?: readonly LinkFacts[] } = {},
): Facts {
  const { hostParts = {}, linkList = [link('veth0')], ...rest } = parts;
  return {
    configFile: 'pe1.yaml',
    host: { ...host, ...hostParts },
    isSysfsOwn: true,
    linkNames: ['lo', ...linkList.map(({ name }) => name)],
    links: new Map(linkList.map((each) => [each.name, each])),
    namespaces: new Map([['cp', inOrder]]),
    captureProblems: new Map(),
    labelsMax: new Map(),
    ...rest,
  };
}

const read = (text: string): RouterModel => parseConfig(text, 'pe1.yaml', { live: true });
const onVeth0 = read('interfaces: {a: {mac: 02:00:00:00:00:01, device: {afpacket: veth0}}}');
const withControlPort = read(
  'interfaces: {a: {mac: 02:00:00:00:00:01, device: {afpacket: veth0}, controlPort: {name: ce1, netns: cp}}}',
);

const find = (model: RouterModel, given: Facts): Finding[] => bySeverity(checks.flatMap((each) => each(model, given)));
/** `error missing interfaces.a.device | ip link show` */
const brief = (model: RouterModel, given: Facts): string[] =>
  find(model, given).map(({ severity, check, place, command }) =>
    [`${severity} ${check}`, place, '|', command].filter((part) => part !== '').join(' '),
  );

test('nothing is found where nothing is wrong', () => {
  expect(find(onVeth0, facts())).toEqual([]);
  expect(find(withControlPort, facts())).toEqual([]);
});

describe('the host', () => {
  const none = { effective: 0n };
  test.each<[string, RouterModel, Partial<HostFacts>, string[]]>([
    ['no Linux', onVeth0, { isLinux: false }, ['error system | shimline replay -c pe1.yaml -i PORT=FILE -o out']],
    ['no koffi', onVeth0, { hasKoffi: false }, ['error koffi | npm install koffi']],
    [
      'no capability at all',
      withControlPort,
      none,
      [
        'error capability | sudo setpriv --reuid "$(id -u USER)" --regid "$(id -g USER)" --init-groups --inh-caps +net_raw,+net_admin,+sys_admin --ambient-caps +net_raw,+net_admin,+sys_admin shimline run -c pe1.yaml',
      ],
    ],
    [
      'no CAP_SYS_ADMIN',
      withControlPort,
      { effective: netAdmin | netRaw | ipcLock },
      [
        'error capability | sudo setpriv --reuid "$(id -u USER)" --regid "$(id -g USER)" --init-groups --inh-caps +net_raw,+net_admin,+sys_admin --ambient-caps +net_raw,+net_admin,+sys_admin shimline run -c pe1.yaml',
      ],
    ],
    ['CAP_NET_RAW alone for a packet socket', onVeth0, { effective: netRaw }, []],
    [
      'too little locked memory',
      onVeth0,
      { effective: netRaw, lockedBytesMax: 65536 },
      ['warning memlock | prlimit --pid $$ --memlock=8388608:8388608'],
    ],
    ['little locked memory, with CAP_IPC_LOCK', onVeth0, { effective: netRaw | ipcLock, lockedBytesMax: 0 }, []],
    ['no packet sockets', onVeth0, { hasPacketSockets: false }, ['error packet | modprobe af_packet']],
    ['no AF_XDP', onVeth0, { hasXdpSockets: false }, ['warning xdp | grep XDP_SOCKETS /boot/config-*']],
    ['no tun', withControlPort, { tun: 'missing' }, ['error tun | modprobe tun']],
    ['no tun, and no need', onVeth0, { tun: 'missing' }, []],
    ['tun not to be opened', withControlPort, { tun: 'refused' }, ['error tun | chmod 0666 /dev/net/tun']],
  ])('%s', (_, model, hostParts, expected) => {
    expect(brief(model, facts({ hostParts }))).toEqual(expected);
  });

  test('what is missing is named, with what for', () => {
    const [finding] = find(withControlPort, facts({ hostParts: { effective: netRaw } }));
    expect(finding?.text).toBe(
      'missing capabilities: CAP_NET_ADMIN (TAPs), CAP_SYS_ADMIN (work in another network namespace); started inside that namespace, the run needs no CAP_SYS_ADMIN',
    );
  });

  test('inside the namespace of the control ports no CAP_SYS_ADMIN is due', () => {
    const namespaces = new Map([['cp', { ...inOrder, isOwn: true }]]);
    expect(brief(withControlPort, facts({ namespaces, hostParts: { effective: netAdmin | netRaw } }))).toEqual([]);
  });

  test.each([
    ['missing', 'error cap | apt-get install -y build-essential libpcap-dev && npm install cap'],
    ['libpcap', 'error libpcap | apt-get install -y build-essential libpcap-dev && npm rebuild cap'],
  ] as const)('the package cap: %s', (capProblem, expected) => {
    const model = read('interfaces: {a: {device: {cap: veth0}}}');
    expect(brief(model, facts({ hostParts: { capProblem } }))).toEqual([expected]);
    expect(brief(onVeth0, facts({ hostParts: { capProblem } }))).toEqual([]);
  });
});

describe('an attached interface', () => {
  const place = 'interfaces.a.device';
  test.each<[string, Partial<LinkFacts>, string[]]>([
    ['down', { isUp: false }, [`error down ${place} | ip link set dev veth0 up`]],
    ['no carrier', { hasCarrier: false }, [`warning carrier ${place} | ip -d link show dev veth0`]],
    [
      'no carrier on a veth',
      { hasCarrier: false, peer: { name: 'veth1' } },
      [`warning carrier ${place} | ip link set dev veth1 up`],
    ],
    ['in a bridge', { master: 'br0' }, [`error master ${place} | ip link set dev veth0 nomaster`]],
    [
      'with a VLAN interface of the kernel',
      { uppers: ['veth0.100'] },
      [`warning upper ${place} | ip link del dev veth0.100`],
    ],
    ['in use', { listeners: ['node (123)'] }, [`warning in-use ${place} | ps -fp 123`]],
    ['in use by somebody', { listeners: ['a process that cannot be seen'] }, [`warning in-use ${place} | ss -0pn`]],
    ['with an address', { addresses: ['10.0.0.1/24'] }, [`warning address ${place} | ip addr flush dev veth0`]],
    ['with IPv6', { hasIpv6: true }, [`warning ipv6 ${place} | sysctl -w net/ipv6/conf/veth0/disable_ipv6=1`]],
    ['forwarding, under another MAC', { forwards4: true }, []],
    [
      'forwarding, under our MAC',
      { forwards4: true, forwardsMpls: true, mac: '02:00:00:00:00:01' },
      [`warning forwarding ${place} | sysctl -w net/ipv4/conf/veth0/forwarding=0 net/mpls/conf/veth0/input=0`],
    ],
    [
      'merging frames',
      { card: { driver: 'virtio_net', offloads: everyOffload, address4: undefined } },
      [`warning offload ${place} | ethtool -K veth0 gro off lro off`],
    ],
    ['a veth that says it merges', { card: { driver: 'veth', offloads: everyOffload, address4: undefined } }, []],
    [
      'a veth whose end is elsewhere',
      { peer: 'elsewhere' },
      [`note peer-unseen ${place} | ip netns exec NAMESPACE ethtool -K PEER tx off`],
    ],
    ['an mtu that is too small', { mtu: 1400 }, [`warning mtu ${place} | ip link set dev veth0 mtu 1500`]],
    ['nothing known of its card', { card: undefined }, []],
  ])('%s', (_, parts, expected) => {
    expect(brief(onVeth0, facts({ linkList: [link('veth0', parts)] }))).toEqual(expected);
  });

  test('a missing one, and the one that was meant', () => {
    const [finding] = find(onVeth0, facts({ linkList: [link('veth1')] }));
    expect(finding).toEqual({
      severity: 'error',
      check: 'missing',
      place,
      text: "no interface veth0 in this network namespace; did you mean 'veth1'?",
      command: 'ip link show',
    });
  });

  test('nothing is said of interfaces when /sys is that of another namespace', () => {
    expect(brief(onVeth0, facts({ linkList: [], isSysfsOwn: false }))).toEqual([
      'warning sysfs | ip netns exec NAMESPACE shimline doctor -c pe1.yaml',
    ]);
  });

  test('forwarding, where the port has the MAC of its device', () => {
    const model = read('interfaces: {a: {device: {afpacket: veth0}}}');
    expect(brief(model, facts({ linkList: [link('veth0', { forwards4: true })] }))).toEqual([
      `warning forwarding ${place} | sysctl -w net/ipv4/conf/veth0/forwarding=0`,
    ]);
  });

  describe('the other end of a veth', () => {
    const peered = link('veth0', { peer: { name: 'veth1' } });
    const loud = { driver: 'veth', offloads: everyOffload, address4: undefined };

    test.each<[string, Partial<LinkFacts>, string[]]>([
      ['that nobody sends by', { card: loud }, []],
      [
        'with an address',
        { card: loud, addresses: ['10.0.0.2/24'] },
        [`warning peer-offload ${place} | ethtool -K veth1 tx off`],
      ],
      ['in a bridge', { card: loud, master: 'br0' }, [`warning peer-offload ${place} | ethtool -K veth1 tx off`]],
      [
        'with an address, mended',
        {
          card: { driver: 'veth', offloads: { ...noOffloads, gso: true }, address4: undefined },
          addresses: ['10.0.0.2/24'],
        },
        [],
      ],
    ])('%s', (_, parts, expected) => {
      expect(brief(onVeth0, facts({ linkList: [peered, link('veth1', parts)] }))).toEqual(expected);
    });
  });
});

describe('mtu', () => {
  test('counts the tags of sub-interfaces, but for a single one', () => {
    const model = read(
      'interfaces: {a: {device: {afpacket: veth0}}, a.1: {vlan: 1}, a.2: {outer: 2, vlan: 3, mtu: 1504}}',
    );
    expect(brief(model, facts())).toEqual(['warning mtu interfaces.a.device | ip link set dev veth0 mtu 1512']);
    expect(brief(model, facts({ linkList: [link('veth0', { mtu: 1512 })] }))).toEqual([]);
    expect(brief(read('interfaces: {a: {device: {afpacket: veth0}}, a.1: {vlan: 1}}'), facts())).toEqual([]);
  });

  const labelled = (mtu: number) =>
    read(`interfaces:
  ce: {device: {loopback: x}, mtu: 1500}
  ce2: {device: {loopback: x}, mtu: 1400}
  a: {mac: 02:00:00:00:00:01, mpls: true, mtu: ${mtu}, device: {afpacket: veth0}}
`);

  test('of a core port is held against customers’ packets with their labels', () => {
    expect(find(labelled(1500), facts({ labelsMax: new Map([['a', 2]]) }))).toEqual([
      {
        severity: 'warning',
        check: 'label-mtu',
        place: 'interfaces.a.mtu',
        text: 'a packet of 1500 bytes from ce gets up to 2 labels and does not fit into the mtu of a, 1500: it is fragmented or refused, unless interfaces.a.mtu is 1508',
        command: `\${EDITOR:-vi} pe1.yaml && ip link set dev veth0 mtu 1508`,
      },
    ]);
  });

  test.each([
    [1508, 2],
    [1500, 0],
  ])('%i is enough for %i labels', (mtu, labels) => {
    const linkList = [link('veth0', { mtu })];
    expect(brief(labelled(mtu), facts({ linkList, labelsMax: new Map([['a', labels]]) }))).toEqual([]);
  });
});

describe('places', () => {
  test('a namespace that is missing, once', () => {
    const model = read(
      'interfaces: {a: {device: {tap: {name: t, netns: n}}, controlPort: {name: u, netns: n}}, b: {device: {tap: v}}}',
    );
    expect(brief(model, facts())).toEqual([
      'error netns interfaces.a.device.netns | ip netns add n && ip -n n link set dev lo up',
    ]);
  });

  const inside = (parts: Partial<NonNullable<NamespaceFacts['inside']>>, isOwn = false) =>
    new Map([['cp', { isOwn, inside: { links: [], strictReversePath: [], ...parts } }]]);

  test('strict rp_filter where control ports are', () => {
    const namespaces = inside({ strictReversePath: ['all', 'default'] });
    expect(brief(withControlPort, facts({ namespaces }))).toEqual([
      'warning rp-filter interfaces.a.controlPort | ip netns exec cp sysctl -w net/ipv4/conf/all/rp_filter=0 net/ipv4/conf/default/rp_filter=0',
    ]);
    expect(brief(onVeth0, facts({ namespaces }))).toEqual([]);
  });

  test('a namespace that cannot be entered', () => {
    const namespaces = new Map([['cp', { isOwn: false, inside: undefined }]]);
    expect(brief(withControlPort, facts({ namespaces }))).toEqual([
      'note netns-unseen interfaces.a.controlPort | ip netns exec cp sysctl net/ipv4/conf/default/rp_filter',
    ]);
  });

  test('the name of a control port is taken', () => {
    expect(brief(withControlPort, facts({ namespaces: inside({ links: ['lo', 'ce1'] }) }))).toEqual([
      'error tap-name interfaces.a.controlPort | ip -n cp link del dev ce1',
    ]);
  });

  test('the name of a TAP is taken, unless by a TAP', () => {
    const model = read('interfaces: {a: {device: {tap: veth0}}}');
    expect(brief(model, facts())).toEqual(['error tap-name interfaces.a.device | ip link del dev veth0']);
    expect(brief(model, facts({ linkList: [link('veth0', { isTun: true })] }))).toEqual([]);
  });

  test('names are words of a shell', () => {
    const odd = read('interfaces: {a: {device: {afpacket: "a;b\'c"}}}');
    expect(brief(odd, facts({ linkList: [link("a;b'c", { isUp: false })] }))).toEqual([
      "error down interfaces.a.device | ip link set dev 'a;b'\\''c' up",
    ]);
  });

  test('captures', () => {
    const model = read('interfaces: {a: {device: {pcap: {in: x.pcap, out: d/y.pcap}}}}');
    const captureProblems = new Map([
      ['x.pcap', 'no such file or folder'],
      ['d/y.pcap', 'permission denied'],
    ]);
    expect(brief(model, facts({ captureProblems }))).toEqual([
      'error capture interfaces.a.device.pcap | ls -l x.pcap',
      'error capture interfaces.a.device.pcap | mkdir -p d && touch d/y.pcap',
    ]);
    expect(brief(model, facts())).toEqual([]);
  });
});

describe('the text', () => {
  const target = { write() {}, closed: false, isTerminal: false, columns: undefined };

  test('errors come first, each with its command, and a count at the end', () => {
    const linkList = [link('veth0', { hasIpv6: true, master: 'br0' })];
    const text = findingsAsText(find(onVeth0, facts({ linkList })), target);
    expect(text.split('\n')).toEqual([
      'error  interfaces.a.device: veth0 is a member of br0, which forwards what arrives as well',
      '    $ ip link set dev veth0 nomaster',
      '',
      expect.stringMatching(/^warning {2}interfaces\.a\.device: IPv6 is on for veth0/),
      '    $ sysctl -w net/ipv6/conf/veth0/disable_ipv6=1',
      '',
      '1 error, 1 warning.',
      '',
    ]);
  });

  test('of nothing', () => {
    expect(findingsAsText([], target)).toBe('Nothing is wrong.\n');
  });
});
