// From GoBGP's paths to what has been told of a prefix: which tables a route goes to, where it leads, and what is refused.
import type { PathModel, ViaPath } from '../../control/model.ts';
import { type IpAddress, type IpPrefix, parseAddress, sameAddress, unmapAddress } from '../../wire/address.ts';
import {
  communitiesOf,
  distinguisherOf,
  type PeerMessage,
  readCommunities,
  targetOf,
  type VrfMessage,
} from './messages.ts';
import { Afi, type PathReader, Safi } from './path-reader.ts';
import type { Policies } from './policies.ts';
import { hasBytes, textOf, Writer } from './protobuf.ts';
import { keyOf, type Rib } from './rib.ts';

/** Labels below are special-purpose (RFC 7274): one of a VPN route would lead out of the VPN. */
const labelMin = 16;
/** A labelled route may end here: explicit null and implicit null (RFC 8277 section 2). */
const nullLabels: readonly number[] = [0, 2, 3];
/** Of what is remembered to be read once; then all is forgotten. */
const rememberedMax = 20_000;

export const labelledOwner = 'labelled';
export const ownerOfCe = (address: string): string => `ce ${address}`;

/** Why a path was not taken, for the log; each counted. */
export type Refusal = 'label' | 'next-hop' | 'too-many';

/** A VRF of GoBGP that is one of ours too. */
export interface HomeVrf {
  readonly table: number;
  readonly distinguisher: Uint8Array;
  /** As the configuration writes them. */
  readonly targets: readonly string[];
  /** Each an Any. */
  readonly targetBytes: readonly Uint8Array[];
}

/** What goes out of a VRF carries: the targets of our configuration, or without those GoBGP's. */
export function homeVrf(table: number, policies: Policies, message: VrfMessage): HomeVrf {
  const configured = policies.vrfs[table]?.exportTargets ?? [];
  const targetBytes = configured.length > 0 ? configured.map(targetOf) : message.exportTargets;
  const writer = new Writer();
  for (const bytes of targetBytes) writer.message(1, bytes);
  const all = Buffer.from(writer.done());
  const targets = configured.length > 0 ? configured : readCommunities(all, 0, all.length).targets;
  return { table, distinguisher: message.distinguisher, targets, targetBytes };
}

export class Learner {
  /** Tables of CEs by their address: -1 for one in a VRF that is none of ours. */
  readonly tableOfCe = new Map<string, number>();
  readonly homes = new Map<number, HomeVrf>();
  readonly refused: Record<Refusal, number> = { label: 0, 'next-hop': 0, 'too-many': 0 };
  /** Counts connections. */
  stamp = 0;
  readonly #rib: Rib;
  readonly #policies: Policies;
  readonly #ownNextHop: IpAddress | undefined;
  readonly #importers = new Map<string, readonly number[]>();
  readonly #paths = new Map<string, readonly PathModel[] | null>();

  constructor(rib: Rib, policies: Policies, ownNextHop: IpAddress | undefined) {
    this.#rib = rib;
    this.#policies = policies;
    this.#ownNextHop = ownNextHop;
  }

  /** What GoBGP has at the beginning of a session; answers what the log is to say of it. */
  takeVrfs(vrfs: readonly VrfMessage[], peers: readonly PeerMessage[]): string[] {
    this.homes.clear();
    this.tableOfCe.clear();
    const warnings: string[] = [];
    for (const message of vrfs) {
      const table = this.#policies.tableOf(message.name);
      const vrf = this.#policies.vrfs[table];
      if (vrf === undefined) continue;
      this.homes.set(table, homeVrf(table, this.#policies, message));
      const isSame = vrf.rd === undefined || Buffer.compare(distinguisherOf(vrf.rd), message.distinguisher) === 0;
      if (!isSame) warnings.push(`vrfs.${vrf.name}.rd is not that of gobgpd, which counts`);
    }
    for (const peer of peers) this.takePeer(peer);
    return warnings;
  }

  /** Remembers which VRF a peer is in, if in one. */
  takePeer({ address, vrf }: PeerMessage): void {
    if (vrf === '') return;
    const table = this.#policies.tableOf(vrf);
    this.tableOfCe.set(address, table > 0 && this.homes.has(table) ? table : -1);
  }

  /** The VRF whose route distinguisher a VPN path has. */
  homeOfDistinguisher({ reader, distinguisherStart, distinguisherStop }: PathReader): number | undefined {
    for (const { table, distinguisher } of this.homes.values()) {
      if (hasBytes(reader.bytes, distinguisherStart, distinguisherStop, distinguisher)) return table;
    }
    return undefined;
  }

  /** A best path that has come or gone. Answers whether it is one that we may have put there ourselves. Throws MessageError. */
  takeBest(path: PathReader): boolean {
    const isVpn = path.safi === Safi.vpn;
    if (!isVpn && path.safi !== Safi.labelled) return false;
    if ((path.afi !== Afi.ip && path.afi !== Afi.ip6) || !path.readNlri()) return false;
    const name = isVpn ? textOf(path.reader.bytes, path.distinguisherStart, path.distinguisherStop) : labelledOwner;
    const isRemote = path.neighbor !== '' && !this.tableOfCe.has(path.neighbor);
    const isTaken = !path.isWithdrawal && isRemote && this.#takeRemote(path, name, isVpn);
    if (!isTaken) {
      const owner = this.#rib.find(name);
      if (owner !== undefined) this.#rib.remove(owner, keyOf(path.words, path.length));
    }
    return isVpn && path.neighbor === '' && !path.isWithdrawal;
  }

  #takeRemote(path: PathReader, name: string, isVpn: boolean): boolean {
    path.readAttributes();
    const prefix = prefixOf(path);
    const tables = isVpn
      ? this.#policies.placeImported(this.#importersOf(path), prefix)
      : this.#policies.placeGlobal(prefix);
    if (tables.length === 0) return false;
    const isRight = path.label >= labelMin || (!isVpn && nullLabels.includes(path.label));
    if (!isRight || path.labelCount !== 1) {
      // Label 0 is what a GoBGP tells of a CE until its own adapter has put another in its place.
      if (path.label !== 0) this.refused.label++;
      return false;
    }
    const paths = this.#pathsOf(path);
    if (paths === undefined) return false;
    return this.#put(path, this.#rib.owner(name), tables, paths, undefined);
  }

  /** A path of a CE, as GoBGP's policy has let it pass. Throws MessageError. */
  takeOfCe(path: PathReader, address: string): void {
    const table = this.tableOfCe.get(address) ?? -1;
    if (table < 0 || (path.afi !== Afi.ip && path.afi !== Afi.ip6) || !path.readNlri()) return;
    if (!path.isWithdrawal && !path.isFiltered && this.#putOfCe(path, address, table)) return;
    const owner = this.#rib.find(ownerOfCe(address));
    if (owner !== undefined) this.#rib.remove(owner, keyOf(path.words, path.length));
  }

  #putOfCe(path: PathReader, address: string, table: number): boolean {
    path.readAttributes();
    const via = path.nextHopAddress();
    // Anywhere else would be looked for in the global table: no CE may send its VPN's traffic there.
    if (via === undefined || !this.#policies.isConnected(table, via)) {
      this.refused['next-hop']++;
      return false;
    }
    const home = this.homes.get(table);
    const { communitiesStart, communitiesStop, reader } = path;
    const { others } = readCommunities(reader.bytes, communitiesStart, communitiesStop);
    const attributes = path.attributesToKeep(false);
    const communities = [...others, ...(home?.targetBytes ?? [])];
    if (communities.length > 0) attributes.push(communitiesOf(communities));
    const tables = this.#policies.placeOwn(table, home?.targets ?? [], prefixOf(path));
    const paths = this.#remembered(`${table} ${path.nextHop}`, () => [
      viaPath(via, undefined, this.#policies.names[table]),
    ]);
    if (paths === undefined) return false;
    return this.#put(path, this.#rib.owner(ownerOfCe(address), table), tables, paths, { attributes });
  }

  #put(
    path: PathReader,
    owner: ReturnType<Rib['owner']>,
    tables: readonly number[],
    paths: readonly PathModel[],
    told: { readonly attributes: readonly Uint8Array[] } | undefined,
  ): boolean {
    const { localPreference, asPathLength, origin, med } = path;
    const key = keyOf(path.words, path.length);
    const { stamp } = this;
    const isPut = this.#rib.put({ key, owner, paths, tables, told, stamp, localPreference, asPathLength, origin, med });
    if (!isPut) this.refused['too-many']++;
    return isPut;
  }

  /** VRFs that import what the path carries. */
  #importersOf(path: PathReader): readonly number[] {
    const { communitiesStart: start, communitiesStop: stop, reader } = path;
    if (start === stop) return [];
    const key = textOf(reader.bytes, start, stop);
    const known = this.#importers.get(key);
    if (known !== undefined) return known;
    const importers = this.#policies.importersOf(readCommunities(reader.bytes, start, stop).targets);
    if (this.#importers.size >= rememberedMax) this.#importers.clear();
    this.#importers.set(key, importers);
    return importers;
  }

  /** Where a remote path leads; the very same object for all that lead there. undefined: nowhere, or to ourselves. */
  #pathsOf({ nextHop, label }: PathReader): readonly PathModel[] | undefined {
    return this.#remembered(`${nextHop} ${label}`, () => {
      const address = parseAddress(nextHop);
      const via = address && unmapAddress(address);
      if (via === undefined || via.words.every((word) => word === 0)) return null;
      if (this.#ownNextHop !== undefined && sameAddress(via, this.#ownNextHop)) return null;
      return [viaPath(via, [label], undefined)];
    });
  }

  #remembered(key: string, make: () => readonly PathModel[] | null): readonly PathModel[] | undefined {
    let paths = this.#paths.get(key);
    if (paths === undefined) {
      paths = make();
      if (this.#paths.size >= rememberedMax) this.#paths.clear();
      this.#paths.set(key, paths);
    }
    return paths ?? undefined;
  }
}

function prefixOf({ afi, words, length }: PathReader): IpPrefix {
  return { family: afi === Afi.ip ? 4 : 6, words, length };
}

function viaPath(via: IpAddress, labels: readonly number[] | undefined, vrf: string | undefined): ViaPath {
  const absent = { interface: undefined, ttl: undefined, tc: undefined, payload: undefined };
  return { kind: 'via', via, vrf, labels, weight: 1, backup: false, entropy: false, ...absent };
}
