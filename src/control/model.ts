// The router as control knows it: the configuration file after validation, with defaults filled in and
// addresses parsed. Everything here is plain data; `path` names the place in the file (`routes[3]`).
import type { PuntName } from '../engine/reasons.ts';
import type { IpAddress, IpPrefix } from '../wire/address.ts';

/** RFC 3443 and RFC 3270 tunnelling modes. */
export type TunnelMode = 'uniform' | 'pipe' | 'short-pipe';
/** A number means pipe with that value. */
export type TtlMode = TunnelMode | number;
export type TcMode = TunnelMode | number;
export type PayloadKind = 'ip' | 'ip4' | 'ip6';

/** The table that has no VRF. Reserved as a name. */
export const globalTable = 'global';

export interface RouterModel {
  readonly name: string;
  readonly id: IpAddress | undefined;
  readonly id6: IpAddress | undefined;
  readonly ttl: TunnelMode;
  readonly tc: TunnelMode;
  readonly dynamicLabels: { readonly first: number; readonly last: number };
  readonly icmp: { readonly rate: number; readonly burst: number };
  readonly punt: boolean;
  /** Live runs: frames a second that go to a control port, per interface of arrival. */
  readonly puntLimits: Readonly<Record<PuntName, number>>;
  /** Live runs: look-ups are counted by label, route and path. */
  readonly accounting: boolean;
  readonly entropyAtEgress: boolean;
  /** As configured, or derived from name and id. Unsigned 32 bits. */
  readonly hashSeed: number;
  readonly hashPayload: boolean;
  /** Ports and sub-interfaces, in the file's order. */
  readonly interfaces: readonly InterfaceModel[];
  readonly vrfs: readonly VrfModel[];
  readonly neighbors: readonly NeighborModel[];
  readonly routes: readonly RouteModel[];
  readonly labels: readonly LabelModel[];
  readonly pseudowires: readonly PseudowireModel[];
  readonly xconnects: readonly XconnectModel[];
  readonly bridges: readonly BridgeModel[];
  /** Live runs: where the MIB is registered. */
  readonly snmp: SnmpModel | undefined;
  /** Live runs: the GoBGP that brings routes of VPNs. */
  readonly gobgp?: GobgpModel | undefined;
  /** Live runs: where zebra connects to. */
  readonly fpm: FpmModel | undefined;
}

export interface InterfaceModel {
  readonly path: string;
  readonly name: string;
  /** Name of the port: its own for a port, the parent's for a sub-interface. */
  readonly port: string;
  /** 802.1Q VID of a sub-interface (the inner one under `outer`); undefined for a port. */
  readonly vlan: number | undefined;
  /** 802.1ad VID. */
  readonly outer: number | undefined;
  /** Six bytes; a sub-interface has its port's unless it names its own. */
  readonly mac: readonly number[] | undefined;
  readonly mtu: number;
  readonly mpls: boolean;
  /** undefined: the global table. */
  readonly vrf: string | undefined;
  /** In the file's order, host bits kept. */
  readonly addresses: readonly IpPrefix[];
  /** The bridge in which this port is the router itself. */
  readonly bridge: string | undefined;
  readonly urpf: 'strict' | 'loose' | undefined;
  readonly acceptLabels: readonly number[] | undefined;
  /**
   * routed: an IP interface. circuit: named by a cross-connect or a bridge. carrier: a port that has
   * sub-interfaces and neither vrf, addresses, mpls nor a circuit of its own: takes no untagged frames.
   */
  readonly role: 'routed' | 'circuit' | 'carrier';
  /** Of ports, for live runs. */
  readonly device: DeviceModel | undefined;
  /** For live runs. Never on a circuit or a carrier. */
  readonly controlPort: ControlPortModel | undefined;
}

/** A TAP for what is for the router itself: no two have one name in one network namespace. */
export interface ControlPortModel {
  readonly name: string;
  readonly netns: string;
}

/** What a port of a live run is attached to. The same as DeviceSpec of src/io/live-device.ts, which control may not import. */
export type DeviceModel =
  | { readonly kind: 'afpacket'; readonly interface: string; readonly lowLatency: boolean }
  | { readonly kind: 'tap'; readonly name: string; readonly netns: string | undefined }
  | { readonly kind: 'cap'; readonly interface: string }
  | {
      readonly kind: 'pcap';
      /** Files are named as written: from the working directory. */
      readonly in: string | undefined;
      readonly out: string | undefined;
      readonly pace: PaceModel;
    }
  /** Exactly two ports have the name. */
  | { readonly kind: 'loopback'; readonly name: string };

export type PaceModel =
  | { readonly by: 'time'; readonly speed: number }
  | { readonly by: 'rate'; readonly framesPerSecond: number }
  | { readonly by: 'topspeed' };

export interface VrfModel {
  readonly path: string;
  readonly name: string;
  readonly rd: string | undefined;
  readonly importTargets: readonly string[];
  readonly exportTargets: readonly string[];
  /** Beyond route targets. undefined: all is imported, and what CEs tell exported. */
  readonly policy?: VpnPolicyModel | undefined;
  /** undefined: the label manager picks one. */
  readonly label: number | undefined;
  readonly labelMode: 'per-vrf' | 'per-ce' | 'per-prefix';
  readonly kernelTable: number | undefined;
}

export interface NeighborModel {
  readonly path: string;
  readonly interface: string;
  readonly address: IpAddress;
  readonly mac: readonly number[];
}

export interface ViaPath {
  readonly kind: 'via';
  /** ::ffff:a.b.c.d is already the IPv4 address it carries. */
  readonly via: IpAddress;
  readonly interface: string | undefined;
  /** Where `via` is looked for among connected subnets; undefined: the route's own table (labels: global). */
  readonly vrf: string | undefined;
  /** Top of stack first, as written (3 is kept); undefined when the key is absent. */
  readonly labels: readonly number[] | undefined;
  readonly weight: number;
  readonly backup: boolean;
  readonly entropy: boolean;
  readonly ttl: TtlMode | undefined;
  readonly tc: TcMode | undefined;
  /** Label entries only. */
  readonly payload: PayloadKind | undefined;
}

/** A path that ends the walk or turns it to another table. `weight` and `backup` as in ViaPath. */
export interface ActionPath {
  readonly kind: 'table' | 'drop' | 'receive' | 'punt' | 'pop' | 'pseudowire';
  /** VRF name or `global` for `table`, the pseudowire's name for `pseudowire`, else ''. */
  readonly target: string;
  readonly weight: number;
  readonly backup: boolean;
  readonly ttl: TtlMode | undefined;
  readonly tc: TcMode | undefined;
  /** Label entries only. */
  readonly payload: PayloadKind | undefined;
}

export type PathModel = ViaPath | ActionPath;

export interface RouteModel {
  readonly path: string;
  /** undefined: the global table. */
  readonly vrf: string | undefined;
  readonly prefix: IpPrefix;
  /** At least one. */
  readonly paths: readonly PathModel[];
}

export interface LabelModel {
  readonly path: string;
  readonly label: number;
  readonly paths: readonly PathModel[];
}

export interface PseudowireModel {
  readonly path: string;
  readonly name: string;
  readonly peer: IpAddress;
  readonly localLabel: number;
  readonly remoteLabel: number;
  readonly controlWord: boolean;
  readonly type: 'ethernet' | 'ethernet-vlan';
  readonly flowLabel: boolean;
  readonly sequencing: boolean;
  readonly mtu: number;
  /** The pseudowire that takes over while this one has no way to its peer; it has no other use. */
  readonly backup: string | undefined;
}

export type CircuitModel =
  | { readonly kind: 'interface'; readonly name: string }
  | { readonly kind: 'pseudowire'; readonly name: string };

export interface XconnectModel {
  readonly path: string;
  readonly ends: readonly [CircuitModel, CircuitModel];
}

/** Frames a second; undefined: no limit. */
export interface StormModel {
  readonly broadcast: number | undefined;
  readonly unknown: number | undefined;
  readonly multicast: number | undefined;
}

export interface MemberModel {
  readonly circuit: CircuitModel;
  /** Split horizon group, `mesh` for pseudowires unless said; undefined: none. */
  readonly group: string | undefined;
  readonly storm: StormModel;
}

export interface StaticMacModel {
  readonly mac: readonly number[];
  readonly circuit: CircuitModel;
  /** Where learning is qualified; undefined: untagged. */
  readonly vlan: number | undefined;
}

export interface BridgeModel {
  readonly path: string;
  readonly name: string;
  /** In the order of floods: interfaces, then pseudowires. */
  readonly members: readonly MemberModel[];
  readonly ageingSeconds: number;
  readonly macLimit: number;
  readonly learning: 'unqualified' | 'qualified';
  readonly macs: readonly StaticMacModel[];
}

/** Where an AgentX master listens, by TCP. */
export interface SnmpModel {
  /** An address, or a name. */
  readonly host: string;
  readonly port: number;
}

/** A line of a prefix list: the first one that matches decides. */
export interface PrefixRuleModel {
  readonly permit: boolean;
  readonly prefix: IpPrefix;
  /** The lengths that match. */
  readonly ge: number;
  readonly le: number;
}

/** Routes that go from a table to another: names of VRFs, or `global`. No rule at all lets everything pass. */
export interface LeakModel {
  readonly from: string;
  readonly to: string;
  readonly rules: readonly PrefixRuleModel[];
}

export interface VpnPolicyModel {
  readonly importRules: readonly PrefixRuleModel[];
  readonly exportRules: readonly PrefixRuleModel[];
  /** Routes of the VRF's own that are exported beside those of CEs. */
  readonly local: readonly ('connected' | 'static')[];
  /** From this VRF, or to it. */
  readonly leaks: readonly LeakModel[];
}

export interface GobgpModel {
  /** `127.0.0.1:50051` or `unix:/run/gobgp.sock`. */
  readonly address: string;
  /** Of what is exported; undefined: nothing can be. */
  readonly nextHop: IpAddress | undefined;
  readonly staleSeconds: number;
  readonly pathsMax: number;
}

/** Where zebra connects to, and how long what it has sent outlives the connection. */
export interface FpmModel {
  /** An address. */
  readonly host: string;
  readonly port: number;
  /** undefined: that of the control ports. */
  readonly netns: string | undefined;
  /** Silence after a return. */
  readonly sweepSeconds: number;
  /** Without a return, and from it at most. */
  readonly holdSeconds: number;
}
