// A router for the MIB that is made up: VRFs with routes in columns, in the order in which they were given.
import {
  RouteProtocol,
  RouteType,
  type SnmpPath,
  type SnmpRoutes,
  type SnmpView,
  type SnmpVrf,
} from '../../src/daemon/snmp/view.ts';
import { addressBits, formatPrefix, type IpPrefix, parseAddress, parsePrefix } from '../../src/wire/address.ts';

export interface MadeVrf extends Partial<SnmpVrf> {
  /** By prefix: next hops, '' for none. */
  readonly routes?: Readonly<Record<string, readonly string[]>>;
}

/** Prefixes in columns; `gone` are places that are not in use. */
export function columnsOf(
  family: 4 | 6,
  prefixes: readonly IpPrefix[],
  gone: ReadonlySet<number> = new Set(),
  pathsAt: (place: number) => readonly SnmpPath[] = () => [],
): SnmpRoutes {
  const texts = prefixes.map(formatPrefix);
  return {
    family,
    count: prefixes.length,
    addresses: Uint32Array.from(prefixes.flatMap(({ words }) => words)),
    lengths: Uint8Array.from(prefixes.map(({ length }) => length)),
    version: 1,
    has: (place) => !gone.has(place),
    find: (prefix) => texts.indexOf(formatPrefix(prefix)),
    pathsAt,
  };
}

export class MadeView implements SnmpView {
  version = 1;
  vrfs: Record<string, MadeVrf>;

  constructor(vrfs: Record<string, MadeVrf>) {
    this.vrfs = vrfs;
  }

  vrfNames(): string[] {
    return Object.keys(this.vrfs);
  }

  vrf(name: string): SnmpVrf | undefined {
    const made = this.vrfs[name];
    if (made === undefined) return undefined;
    const none = { rd: undefined, importTargets: [], exportTargets: [], interfaces: [], createdAt: 0, changedAt: 0 };
    return { ...none, ...made, name };
  }

  counts(name: string) {
    const present = Object.keys(this.vrfs[name]?.routes ?? {}).length;
    return { present, added: present + 3, deleted: 3, since: 0 };
  }

  routes(name: string, family: 4 | 6): SnmpRoutes {
    const bits = addressBits({ family });
    const given = Object.entries(this.vrfs[name]?.routes ?? {}).map(([text, hops]) => ({
      prefix: parsePrefix(text) as IpPrefix,
      hops,
    }));
    const own = given.filter(({ prefix }) => addressBits(prefix) === bits);
    const pathsAt = (place: number): SnmpPath[] =>
      (own[place]?.hops ?? []).map((hop, i) => ({
        nextHop: hop === '' ? undefined : parseAddress(hop),
        interface: i + 1,
        type: hop === '' ? RouteType.local : RouteType.remote,
        protocol: RouteProtocol.static,
        ageSeconds: 7,
      }));
    const made = columnsOf(
      family,
      own.map(({ prefix }) => prefix),
      new Set(),
      pathsAt,
    );
    return { ...made, version: this.version };
  }
}
