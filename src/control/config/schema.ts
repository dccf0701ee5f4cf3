// The configuration's grammar, once: validation, the static types and the published JSON Schema all come from
// here. `expected` and its neighbours are for the messages in expected.ts and are not published.
import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox';
import { type PuntName, puntReasons } from '../../engine/reasons.ts';
import { namePattern, portNamePattern, subInterfaceNamePattern } from './names.ts';
import { exportSchema, GobgpSchema, importSchema, leakSchema, routeTarget } from './vpn-schema.ts';

export const labelMax = 0xfffff;
/** Labels below are special-purpose (RFC 7274). */
export const labelMin = 16;
/** More would not fit in the headroom before each frame. */
export const pathLabelCountMax = 16;
const uint32Max = 0xffffffff;

/** Frames a second that control ports take, per interface of arrival and punt reason, where the file says nothing. */
export const puntLimitDefaults: Readonly<Record<PuntName, number>> = {
  arp: 200,
  nd: 200,
  local: 5000,
  oam: 100,
  'router-alert': 100,
  'other-protocol': 1000,
  configured: 5000,
};

/** Keys of this module's own in a schema object. */
export interface Annotations {
  /** What is expected, as a user would say it; absent: said from the schema itself. */
  readonly expected?: string;
  /** Said before `expected` when a number is out of range. */
  readonly outOfRange?: string;
  /** A text that is easily mistaken for a number: quotes help. */
  readonly quotable?: boolean;
  /** Keys that belong to another kind of object, and where. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}
export const annotationKeys: readonly (keyof Annotations)[] = ['expected', 'outOfRange', 'quotable', 'elsewhere'];

const optional = Type.Optional;

function strict<T extends TProperties>(properties: T, options: Annotations & { description: string }): TObject<T> {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

const flag = (description: string) => Type.Boolean({ description });
const whole = (description: string, minimum: number, maximum?: number) =>
  Type.Integer(maximum === undefined ? { description, minimum } : { description, minimum, maximum });
const nameOf = (kind: string, description: string) =>
  Type.String({ description, expected: `the name of ${kind}`, quotable: true, minLength: 1 });
const address = (description: string) =>
  Type.String({ description, expected: 'an address such as 192.0.2.1 or 2001:db8::1' });
const onlyTrue = (description: string) => Type.Literal(true, { description });
const mac = (description: string) =>
  Type.String({
    description,
    pattern: '^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$',
    expected: 'a MAC address such as 02:00:00:00:01:01',
  });
const incomingLabel = (description: string) =>
  Type.Integer({
    description,
    minimum: labelMin,
    maximum: labelMax,
    expected: `a label from ${labelMin} to ${labelMax}`,
    outOfRange: 'label out of range',
  });
const outgoingLabel = Type.Union(
  [Type.Literal(0), Type.Literal(2), Type.Literal(3), Type.Integer({ minimum: labelMin, maximum: labelMax })],
  { expected: `a label: 0, 2, 3 or from ${labelMin} to ${labelMax}`, outOfRange: 'label out of range' },
);

function enumeration<T extends string>(values: readonly T[], description: string) {
  return Type.Union(
    values.map((value) => Type.Literal(value)),
    { description },
  );
}

const modes = [Type.Literal('uniform'), Type.Literal('pipe'), Type.Literal('short-pipe')] as const;
const tunnelMode = (description: string) => Type.Union([...modes], { description });
const ttlMode = (description: string) =>
  Type.Union([...modes, Type.Integer({ minimum: 1, maximum: 255 })], { description });
const tcMode = (description: string) =>
  Type.Union([...modes, Type.Integer({ minimum: 0, maximum: 7 })], { description });
const mtu = (description: string) => whole(description, 28, 65535);
const puntLimit = (reason: PuntName) =>
  optional(whole(`Punt reason ${reason}. Default ${puntLimitDefaults[reason]}.`, 0, uint32Max));

export const RouterSchema = strict(
  {
    name: optional(
      Type.String({
        description: 'Name of this router. Default router.',
        minLength: 1,
        expected: 'a name',
        quotable: true,
      }),
    ),
    id: optional(address('IPv4 loopback address of this router; source of ICMP errors sent into the core.')),
    id6: optional(address('IPv6 loopback address of this router.')),
    ttl: optional(
      tunnelMode('How TTLs travel between headers (RFC 3443). Default uniform; overridable per label and path.'),
    ),
    tc: optional(tunnelMode('How traffic classes travel between headers (RFC 3270). Default uniform.')),
    labels: optional(
      strict(
        {
          dynamic: optional(
            Type.String({
              description: 'Range that the label manager may allocate from, FIRST-LAST. Default 16-1048575.',
              pattern: '^[0-9]{1,7}-[0-9]{1,7}$',
              expected: 'a range of labels such as 16-1048575',
            }),
          ),
        },
        { description: 'Label ranges.' },
      ),
    ),
    icmp: optional(
      strict(
        {
          rate: optional(whole('ICMP errors a second. Default 100.', 0)),
          burst: optional(whole('ICMP errors at once. Default 100.', 0)),
        },
        { description: 'Limit of ICMP errors per (sub-)interface of arrival.' },
      ),
    ),
    punt: optional(
      flag('true: frames of protocols not handled here are punted (other-protocol). Default false: dropped.'),
    ),
    puntLimits: optional(
      strict(
        Object.fromEntries(puntReasons.map(({ name }) => [name, puntLimit(name)])) as Record<
          PuntName,
          ReturnType<typeof puntLimit>
        >,
        { description: 'Live runs: frames a second that go to a control port, per interface of arrival and reason.' },
      ),
    ),
    accounting: optional(
      flag(
        'true: live runs count frames and bytes by label, route and path, at the price of some cache misses a frame. Default false.',
      ),
    ),
    entropyAtEgress: optional(
      flag('true: this router signalled entropy label capability with implicit null. Default false.'),
    ),
    hashSeed: optional(whole('Seed of the ECMP hash. Default: from name and id.', 0, uint32Max)),
    hashPayload: optional(flag('Look beneath the label stack for the ECMP hash. Default true.')),
  },
  { description: 'The router itself.' },
);

/** What the kernel takes as the name of an interface (`%` would be a pattern); its bytes are counted in devices.ts. */
const linuxName = (description: string) =>
  Type.String({
    description,
    pattern: '^(?!\\.{1,2}$)[^\\s/:%]{1,15}$',
    expected: "the name of a Linux interface: up to 15 bytes without '/', ':', '%' or spaces",
    quotable: true,
  });
const netns = (description: string) =>
  Type.String({
    description,
    pattern: '^(?!\\.{1,2}$)[^\\s/]{1,255}$',
    expected: "the name of a network namespace, as in ip netns: without '/' or spaces",
    quotable: true,
  });
const captureFile = (description: string) =>
  Type.String({ description, minLength: 1, expected: 'a capture file', quotable: true });

const deviceSchema = Type.Object(
  {
    afpacket: optional(
      Type.Union(
        [
          linuxName('The interface.'),
          strict(
            {
              interface: linuxName('The interface.'),
              latency: optional(
                enumeration(
                  ['low', 'normal'],
                  'low: frames are handed over one by one, at a lower rate. Default normal.',
                ),
              ),
            },
            { description: 'An interface with options.' },
          ),
        ],
        {
          description: 'A Linux interface, by a packet ring.',
          expected: 'the name of an interface or {interface: NAME, latency: low}',
        },
      ),
    ),
    tap: optional(
      Type.Union(
        [
          linuxName('Name of the TAP.'),
          strict(
            {
              name: linuxName('Name of the TAP.'),
              netns: optional(netns('Network namespace it is put into. Default: that of the run.')),
            },
            { description: 'A TAP with options.' },
          ),
        ],
        {
          description: 'A TAP, made for the run and removed with it.',
          expected: 'the name of a TAP or {name: NAME, netns: NAMESPACE}',
        },
      ),
    ),
    cap: optional(linuxName('An interface, by libpcap.')),
    pcap: optional(
      Type.Union(
        [
          captureFile('The capture that arrives.'),
          strict(
            {
              in: optional(captureFile('The capture that arrives. Absent: nothing does.')),
              out: optional(captureFile('The capture to write. Absent: what leaves is thrown away.')),
              speed: optional(
                Type.Number({
                  description: 'Play by the timestamps, so many times as fast. Default 1.',
                  exclusiveMinimum: 0,
                  maximum: 1e6,
                  expected: 'a number above 0, up to 1000000',
                }),
              ),
              pps: optional(whole('Play so many frames a second.', 1, 1e9)),
              topspeed: optional(onlyTrue('Play as fast as frames are taken.')),
            },
            { description: 'Captures with options.' },
          ),
        ],
        {
          description: 'Capture files in the place of an interface.',
          expected: 'a capture file or {in: FILE, out: FILE}',
        },
      ),
    ),
    loopback: optional(nameOf('a loopback pair', 'Two ports with the same name are joined, as by a cable. For tests.')),
  },
  {
    description: 'Where frames come from and go to in a live run: one of these keys.',
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    expected: 'a map of one key, such as {afpacket: veth0}',
  },
);

const controlPortSchema = strict(
  {
    name: linuxName('Name of the TAP.'),
    netns: netns('Network namespace that it is put into.'),
  },
  { description: 'Live runs: a TAP for what is for the router itself, in a network namespace.' },
);

export const InterfaceSchema = strict(
  {
    mac: optional(mac('MAC address; a sub-interface has that of its port unless it names its own.')),
    mtu: optional(
      mtu('Largest payload after the Ethernet header and VLAN tags, in bytes. Default 1500, or that of the port.'),
    ),
    vlan: optional(whole('802.1Q VLAN ID of a sub-interface (under outer: the inner one).', 1, 4094)),
    outer: optional(whole('802.1ad VLAN ID of a QinQ sub-interface; needs vlan.', 1, 4094)),
    vrf: optional(nameOf('a VRF', 'VRF of this interface. Absent: the global table.')),
    bridge: optional(
      nameOf('a bridge', 'The bridge that this port is in as the router itself, with no wire of its own.'),
    ),
    addresses: optional(
      Type.Array(
        Type.String({ expected: 'an address with its prefix length, such as 10.1.1.1/24 or 2001:db8::1/64' }),
        { description: 'Addresses with their prefix lengths.' },
      ),
    ),
    urpf: optional(enumeration(['strict', 'loose'], 'Unicast reverse path forwarding check. Absent: none.')),
    mpls: optional(flag('true: labelled frames are taken in. Default false: they are dropped.')),
    acceptLabels: optional(
      Type.Array(incomingLabel('A label given to this neighbour.'), {
        description: 'Only these labels are accepted from this neighbour. Absent: all.',
      }),
    ),
    device: optional(deviceSchema),
    controlPort: optional(controlPortSchema),
  },
  { description: 'A port, or a sub-interface (PORT.NAME).' },
);

export const VrfSchema = strict(
  {
    rd: optional(
      Type.String({ ...routeTarget, description: 'Route distinguisher, for routing adapters.', quotable: true }),
    ),
    import: optional(importSchema),
    export: optional(exportSchema),
    leak: optional(leakSchema),
    label: optional(
      incomingLabel('Label of this VRF: pop, look up here. Absent: the label manager picks the lowest free one.'),
    ),
    labelMode: optional(
      enumeration(['per-vrf', 'per-ce', 'per-prefix'], 'How labels are given to VPN routes. Default per-vrf.'),
    ),
    table: optional(whole("The kernel's table number for this VRF, for routing adapters.", 1, uint32Max)),
  },
  { description: 'A VPN routing and forwarding table.' },
);

export const NeighborSchema = strict(
  {
    interface: nameOf('an interface', 'The interface that the neighbour is on.'),
    address: address('Its address.'),
    mac: mac('Its MAC address.'),
  },
  { description: 'A static neighbour.' },
);

/** A path, but for `vrf`, which a route uses for its own table. */
const pathFields = {
  via: optional(address('Next hop: on a connected subnet, else resolved in the global table.')),
  interface: optional(nameOf('an interface', 'The interface that the next hop is on.')),
  labels: optional(
    Type.Array(outgoingLabel, {
      description: 'Labels to push, top of stack first; in a label entry the last one swaps. 3 pushes nothing.',
      maxItems: pathLabelCountMax,
      expected: `a list of at most ${pathLabelCountMax} labels`,
    }),
  ),
  weight: optional(whole('Share of the flows among the paths in use. Default 1.', 1, 65535)),
  backup: optional(flag('true: used when every primary path is down. Default false.')),
  entropy: optional(flag("true: an entropy label goes right under this path's last label. Default false.")),
  ttl: optional(ttlMode('TTL mode of this path; a number means pipe with that value.')),
  tc: optional(tcMode('Traffic class mode of this path; a number means pipe with that value.')),
  table: optional(nameOf('a VRF, or global', 'Look up again in this VRF, or in the global table.')),
  drop: optional(onlyTrue('Drop silently (blackhole).')),
  receive: optional(onlyTrue('Punt as local.')),
  punt: optional(onlyTrue('Punt as configured.')),
};

const labelPathFields = {
  ...pathFields,
  pop: optional(onlyTrue('Pop, then act on the next label, or on IP in the global table.')),
  pseudowire: optional(nameOf('a pseudowire', 'The pseudowire that ends here.')),
  payload: optional(
    enumeration(['ip', 'ip4', 'ip6'], 'What lies beneath. With via and without labels: the LSP ends here.'),
  ),
};

const pathVrf = optional(nameOf('a VRF', 'Where via is looked for. Default: the own table of the entry.'));
const elsewhere = {
  pop: 'it belongs in entries of labels',
  pseudowire: 'it belongs in entries of labels',
  payload: 'it belongs in entries of labels',
};
const atLeastOnePath = 'a list of at least one path';

export const RoutePathSchema = strict(
  { ...pathFields, vrf: pathVrf },
  { description: 'One of several paths of a route.', elsewhere },
);

export const LabelPathSchema = strict(
  { ...labelPathFields, vrf: pathVrf },
  { description: 'One of several paths of a label.' },
);

export const RouteSchema = strict(
  {
    vrf: optional(nameOf('a VRF', 'The table of this route. Absent: the global table.')),
    prefix: Type.String({
      description: 'Destination prefix.',
      expected: 'a prefix such as 10.1.0.0/16 or 2001:db8::/32',
    }),
    ...pathFields,
    paths: optional(
      Type.Array(RoutePathSchema, {
        description: 'Several paths: ECMP by weight, then backups.',
        minItems: 1,
        expected: atLeastOnePath,
      }),
    ),
  },
  { description: 'A route: a prefix and one path, or several.', elsewhere },
);

export const LabelSchema = strict(
  {
    label: incomingLabel('The incoming label.'),
    ...labelPathFields,
    vrf: pathVrf,
    paths: optional(
      Type.Array(LabelPathSchema, {
        description: 'Several paths: ECMP by weight, then backups.',
        minItems: 1,
        expected: atLeastOnePath,
      }),
    ),
  },
  { description: 'An entry of the incoming label map: a label and one path, or several.' },
);

export const PseudowireSchema = strict(
  {
    peer: address('The far provider edge router.'),
    localLabel: incomingLabel('Label that arrives here for this pseudowire.'),
    remoteLabel: incomingLabel('Label that the far end expects.'),
    controlWord: optional(flag('Whether a control word is there (RFC 4385). Default true.')),
    type: optional(enumeration(['ethernet', 'ethernet-vlan'], 'Raw or tagged mode (RFC 4448). Default ethernet.')),
    flowLabel: optional(flag('A flow label beneath the label of the pseudowire (RFC 6391). Default false.')),
    sequencing: optional(flag('Sequence numbers in the control word. Default false.')),
    mtu: optional(mtu("The far circuit's mtu. Default 1500.")),
    backup: optional(nameOf('a pseudowire', 'The pseudowire that takes over while there is no way to the peer.')),
  },
  { description: 'An Ethernet pseudowire.' },
);

const circuitExpected = 'the name of an interface or {pseudowire: NAME}';

export const XconnectSchema = Type.Array(
  Type.Union(
    [
      Type.String({ description: 'The name of an interface.', minLength: 1 }),
      strict({ pseudowire: nameOf('a pseudowire', 'The name of a pseudowire.') }, { description: 'A pseudowire.' }),
    ],
    { description: 'One end of a cross-connect.', expected: circuitExpected },
  ),
  {
    description: 'Two circuits joined by a wire.',
    minItems: 2,
    maxItems: 2,
    expected: `a list of exactly two ends, each ${circuitExpected}`,
  },
);

const floodRate = (kind: string) => optional(whole(`${kind} frames a second. Default: no limit.`, 0, uint32Max - 1));

const memberFields = {
  group: optional(
    nameOf(
      'a split horizon group',
      'Members of one group send nothing to each other. Default: mesh for pseudowires, none for interfaces.',
    ),
  ),
  storm: optional(
    strict(
      { broadcast: floodRate('Broadcast'), unknown: floodRate('Unknown unicast'), multicast: floodRate('Multicast') },
      { description: 'Storm control: what the member may flood into the bridge.' },
    ),
  ),
};

const memberList = <T extends TObject>(member: T, kind: string, noun: string) =>
  optional(
    Type.Array(
      Type.Union([Type.String({ description: `The name of ${noun}.`, minLength: 1 }), member], {
        description: 'A member of the bridge.',
        expected: `the name of ${noun} or a map with '${kind}'`,
      }),
      { description: `Its ${kind}s.` },
    ),
  );

const interfaceMember = strict(
  { interface: nameOf('an interface', 'The name of an interface.'), ...memberFields },
  { description: 'An interface as a member of a bridge.' },
);

const pseudowireMember = strict(
  { pseudowire: nameOf('a pseudowire', 'The name of a pseudowire.'), ...memberFields },
  { description: 'A pseudowire as a member of a bridge.' },
);

export const BridgeSchema = strict(
  {
    interfaces: memberList(interfaceMember, 'interface', 'an interface'),
    pseudowires: memberList(pseudowireMember, 'pseudowire', 'a pseudowire'),
    ageing: optional(whole('Seconds without a frame after which a MAC is forgotten. Default 300.', 1, uint32Max)),
    macLimit: optional(whole('How many MACs are learned at most. Default 4096.', 1)),
    learning: optional(
      enumeration(
        ['unqualified', 'qualified'],
        "Whether MACs are learned for each VLAN of the customer's (RFC 4762 section 7.2). Default unqualified.",
      ),
    ),
    macs: optional(
      Type.Array(
        strict(
          {
            mac: mac('The address.'),
            interface: optional(nameOf('an interface', 'The interface that it is behind.')),
            pseudowire: optional(nameOf('a pseudowire', 'The pseudowire that it is behind.')),
            vlan: optional(whole('The VLAN, where learning is qualified. Absent: untagged.', 0, 4094)),
          },
          { description: 'A static MAC address.' },
        ),
        { description: 'MAC addresses that are neither learned nor aged.' },
      ),
    ),
  },
  { description: 'A virtual switch.' },
);

function section<T extends TSchema>(pattern: string, item: T, description: string) {
  const schema = Type.Record(Type.String({ pattern: `^${pattern}$` }), item, { description });
  return { ...schema, additionalProperties: false };
}

export const SnmpSchema = strict(
  {
    agentx: Type.String({
      description: 'Live runs: where an SNMP agent takes subagents (RFC 2741), tcp:ADDRESS:PORT.',
      pattern: '^tcp:(\\[[0-9A-Fa-f:.]+\\]|[0-9A-Za-z.-]+):[0-9]{1,5}$',
      expected: 'tcp:ADDRESS:PORT, such as tcp:127.0.0.1:705',
    }),
  },
  { description: 'MPLS-L3VPN-STD-MIB (RFC 4382), read-only, through an SNMP agent such as snmpd.' },
);

export const FpmSchema = strict(
  {
    listen: optional(
      Type.String({
        description: 'Where zebra connects to, ADDRESS:PORT. Default 127.0.0.1:2620.',
        pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[0-9.]+):[0-9]{1,5}$',
        expected: 'ADDRESS:PORT, such as 127.0.0.1:2620 or [::1]:2620',
      }),
    ),
    netns: optional(netns('Network namespace that zebra runs in. Default: that of the control ports.')),
    sweepSeconds: optional(
      whole(
        'Silence of a zebra that came back, after which what it did not send again is removed. Default 60.',
        1,
        3600,
      ),
    ),
    holdSeconds: optional(
      whole('How long entries of a zebra that is gone are kept; and from its return at most. Default 300.', 1, 86_400),
    ),
  },
  { description: "Live runs: FRR's zebra fills the tables through FPM (dplane_fpm_nl)." },
);

export const ConfigSchema = strict(
  {
    router: optional(RouterSchema),
    interfaces: optional(
      section(
        `${portNamePattern}(\\.${subInterfaceNamePattern})?`,
        InterfaceSchema,
        'Ports and sub-interfaces (PORT.NAME) by name.',
      ),
    ),
    vrfs: optional(section(namePattern, VrfSchema, 'VRFs by name.')),
    neighbors: optional(Type.Array(NeighborSchema, { description: 'Static neighbours.' })),
    routes: optional(Type.Array(RouteSchema, { description: 'Static routes.' })),
    labels: optional(Type.Array(LabelSchema, { description: 'The incoming label map (ILM).' })),
    pseudowires: optional(section(namePattern, PseudowireSchema, 'Pseudowires by name.')),
    xconnects: optional(Type.Array(XconnectSchema, { description: 'Cross-connects: point to point (VPWS).' })),
    bridges: optional(section(namePattern, BridgeSchema, 'Bridges by name: multipoint (VPLS).')),
    snmp: optional(SnmpSchema),
    gobgp: optional(GobgpSchema),
    fpm: optional(FpmSchema),
  },
  { description: 'One file describes one router.' },
);

export type RouterConfig = Static<typeof RouterSchema>;
export type InterfaceConfig = Static<typeof InterfaceSchema>;
export type DeviceConfig = Static<typeof deviceSchema>;
export type VrfConfig = Static<typeof VrfSchema>;
export type NeighborConfig = Static<typeof NeighborSchema>;
export type LabelPathConfig = Static<typeof LabelPathSchema>;
export type RouteConfig = Static<typeof RouteSchema>;
export type LabelConfig = Static<typeof LabelSchema>;
export type PseudowireConfig = Static<typeof PseudowireSchema>;
export type XconnectConfig = Static<typeof XconnectSchema>;
export type BridgeConfig = Static<typeof BridgeSchema>;
export type SnmpConfig = Static<typeof SnmpSchema>;
export type FpmConfig = Static<typeof FpmSchema>;
export type RouterFileConfig = Static<typeof ConfigSchema>;
