// What the MIB is made from: the least that it has to know of a router. Whoever has a router's tables (a running router,
// its control) writes one of these; nothing here is a copy of a table.
import type { IpAddress, IpPrefix } from '../../wire/address.ts';

export interface SnmpInterface {
  /** ifIndex, 1 to 2^31 - 1. */
  readonly index: number;
  readonly isUp: boolean;
}

export interface SnmpVrf {
  /** ASCII. */
  readonly name: string;
  /** As written: `65000:1`. */
  readonly rd: string | undefined;
  readonly importTargets: readonly string[];
  readonly exportTargets: readonly string[];
  /** In any order; no two have one index. */
  readonly interfaces: readonly SnmpInterface[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly changedAt: number;
}

/** Routes of a VRF, counted as mplsL3VpnVrfPerfTable does (RFC 4382, section 8). */
export interface SnmpRouteCounts {
  readonly present: number;
  readonly added: number;
  readonly deleted: number;
  /** Since when `added` and `deleted` are counted; milliseconds since the epoch. */
  readonly since: number;
}

/** inetCidrRouteType of RFC 4292. */
export const RouteType = { other: 1, reject: 2, local: 3, remote: 4, blackhole: 5 } as const;
/** Some of IANAipRouteProtocol. */
export const RouteProtocol = { other: 1, local: 2, static: 3, rip: 8, isis: 9, ospf: 13, bgp: 14 } as const;

/** One path of a route. */
export interface SnmpPath {
  /** undefined where it has none: a connected subnet, a route that drops. */
  readonly nextHop: IpAddress | undefined;
  /** ifIndex; 0 where it leads through another route. */
  readonly interface: number;
  /** Of RouteType. */
  readonly type: number;
  /** Of RouteProtocol. */
  readonly protocol: number;
  readonly ageSeconds: number;
}

/** The routes of one VRF and family, as columns by place; a place need not be in use. */
export interface SnmpRoutes {
  readonly family: 4 | 6;
  /** Places. */
  readonly count: number;
  /** Host-order words, one a place for IPv4 and four for IPv6, host bits cleared. */
  readonly addresses: Uint32Array;
  readonly lengths: Uint8Array;
  /** Another number when routes have come, gone or moved to other places. */
  readonly version: number;
  /** Whether the place holds a route of this VRF that frames can take. */
  has(place: number): boolean;
  /** The place of a prefix, or -1. */
  find(prefix: IpPrefix): number;
  /** At least one. */
  pathsAt(place: number): readonly SnmpPath[];
}

export interface SnmpView {
  /** Another number when VRFs, their route targets or their interfaces have changed; what is up does not count. */
  readonly version: number;
  /** In any order. Kept by the caller until the version changes. */
  vrfNames(): readonly string[];
  /** As it is now; undefined when there is none of that name. */
  vrf(name: string): SnmpVrf | undefined;
  counts(name: string): SnmpRouteCounts;
  routes(name: string, family: 4 | 6): SnmpRoutes;
}
