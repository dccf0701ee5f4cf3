// From zebra's routes to ours: what each says, in the words of the configuration. What cannot be said is refused with a
// reason, what the router knows by itself is passed over.
import { unfitKind } from '../../control/config/values.ts';
import type { EntryChange } from '../../control/live/index.ts';
import type { ActionPath, LabelModel, PathModel, RouteModel, ViaPath } from '../../control/model.ts';
import {
  formatAddress,
  formatPrefix,
  type IpAddress,
  type IpPrefix,
  networkOf,
  unmapAddress,
} from '../../wire/address.ts';
import { isLinkLocal } from '../../wire/ip.ts';
import { RouteAction, type RouteHop, type RouteMessage } from '../../wire/rtnetlink-routes.ts';
import type { Outlet, Places } from './places.ts';

/** Why an entry of zebra's cannot be ours; these are metrics' labels too. */
export type RefusalReason =
  | 'unknown-table'
  | 'unknown-interface'
  | 'unknown-next-hop'
  | 'no-next-hop'
  | 'bad-next-hop'
  | 'encapsulation'
  | 'too-many-labels'
  | 'unsupported-type'
  | 'router';

export interface Refusal {
  readonly reason: RefusalReason;
  readonly text: string;
}

export interface Translated {
  /** What is to be made of it; undefined: nothing can be. */
  readonly change: EntryChange | undefined;
  /** Of the whole, or of one of its hops. */
  readonly refusal?: Refusal | undefined;
}

/** Labels below are reserved (RFC 3032); the router handles those by itself. */
const labelMin = 16;
const labelsMax = 16;
const weightMax = 65535;
const hopsMax = 256;

const noModes = { ttl: undefined, tc: undefined, payload: undefined } as const;

function action(kind: ActionPath['kind'], weight = 1, target = ''): ActionPath {
  return { kind, target, weight, backup: false, ...noModes };
}

const drop: readonly PathModel[] = [action('drop')];
const receive: readonly PathModel[] = [action('receive')];
const pop: readonly PathModel[] = [action('pop')];

/** What becomes of hops: paths, nothing because the router knows better, or a refusal. */
type Paths =
  | { readonly paths: readonly PathModel[]; readonly refusal?: Refusal | undefined }
  | { readonly refusal?: Refusal | undefined };
type Path = PathModel | Refusal | 'own';

const refuse = (reason: RefusalReason, text: string): Refusal => ({ reason, text });

/** A message of zebra's. `hops`: those of the message, or of the next hop that it names; undefined: nobody knows that. */
export function translate(route: RouteMessage, hops: readonly RouteHop[] | undefined, places: Places): Translated {
  if (route.prefix === undefined) return translateLabel(route, hops, places);
  const vrf = places.vrfOfTable(route.table);
  if (vrf === null) {
    const refusal = refuse('unknown-table', `no VRF has the kernel's table ${route.table}`);
    return route.gone ? { change: undefined } : { change: undefined, refusal };
  }
  const prefix = networkOf(route.prefix);
  const gone: EntryChange = { op: 'delete', route: { vrf, prefix } };
  if (route.gone) return { change: gone };
  if (isPassedOver(prefix)) return { change: undefined };
  const outcome = pathsOfRoute(route, hops, { vrf, prefix }, places);
  // What zebra said before of this prefix does not hold any more.
  if (!('paths' in outcome)) return { change: gone, ...outcome };
  const { paths, refusal } = outcome;
  return { change: { op: 'replace', route: { path: '', vrf, prefix, paths } }, refusal };
}

/** Each interface has its own fe80::/10, and multicast is nobody's here. */
export function isPassedOver({ family, words }: IpPrefix): boolean {
  return family === 6 ? isLinkLocal(words) || words[0] >>> 24 === 0xff : words[0] >>> 28 === 0xe;
}

type Where = Pick<RouteModel, 'vrf' | 'prefix'>;

function pathsOfRoute(route: RouteMessage, hops: readonly RouteHop[] | undefined, where: Where, places: Places): Paths {
  switch (route.action) {
    case RouteAction.unicast:
      break;
    case RouteAction.local:
      return places.isOwn(where.vrf, where.prefix) ? {} : { paths: receive };
    case RouteAction.blackhole:
    case RouteAction.unreachable:
    case RouteAction.prohibit:
      return { paths: drop };
    case RouteAction.broadcast:
    case RouteAction.anycast:
    case RouteAction.multicast:
      return {};
    default:
      return { refusal: refuse('unsupported-type', `route type ${route.action}`) };
  }
  if (hops === undefined) return { refusal: refuse('unknown-next-hop', `next hop ${route.nexthopId} is not known`) };
  if (hops.length === 0) return { refusal: refuse('no-next-hop', 'it has no next hop') };
  return pathsOf(hops, (hop) => pathOfRoute(hop, where, places));
}

/** The paths of those hops that can be used; a refusal of one of the others beside them. */
function pathsOf(hops: readonly RouteHop[], pathOf: (hop: RouteHop) => Path): Paths {
  if (hops.length > hopsMax) return { refusal: refuse('no-next-hop', `${hops.length} next hops`) };
  const paths: PathModel[] = [];
  let refusal: Refusal | undefined;
  let isOwn = false;
  for (let i = 0; i < hops.length; i++) {
    const path = pathOf(hops[i]);
    if (path === 'own') isOwn = true;
    else if ('reason' in path) refusal ??= path;
    else paths.push(path);
  }
  if (paths.length > 0) return { paths, refusal };
  return isOwn ? {} : { refusal };
}

function pathOfRoute(hop: RouteHop, { vrf, prefix }: Where, places: Places): Path {
  if (hop.foreignTunnel !== 0) return refuse('encapsulation', `encapsulation of kind ${hop.foreignTunnel}`);
  const outlet = places.outletOf(hop.index, vrf);
  if (hop.via !== undefined) return viaPath(hop, hop.via, outlet, vrf, places);
  if (hop.labels.length > 0) return refuse('no-next-hop', 'labels without a next hop');
  return pathOnLink(outlet, vrf, prefix, hop.weight, places);
}

/** A destination that is on a link itself. */
function pathOnLink(
  outlet: Outlet | undefined,
  vrf: string | undefined,
  prefix: IpPrefix,
  weight: number,
  places: Places,
): Path {
  if (outlet?.kind === 'vrf' && outlet.name !== vrf) return action('table', weight, outlet.name);
  if (places.isCovered(vrf, prefix)) return 'own';
  if (outlet?.kind === 'interface') return refuse('no-next-hop', `no subnet of ${outlet.name} covers it`);
  if (outlet?.kind === 'foreign') return refuse('unknown-interface', `interface ${outlet.name} is none of ours`);
  if (places.isOwn(vrf, prefix)) return 'own';
  const isHost = prefix.length === (prefix.family === 4 ? 32 : 128);
  // An address of the loopback or of a VRF device: for whoever lives in the control namespace.
  return isHost && outlet !== undefined ? receive[0] : refuse('no-next-hop', 'it has no next hop');
}

/** A next hop with its interface, the labels it pushes, its weight. */
function viaPath(
  hop: RouteHop,
  given: IpAddress,
  outlet: Outlet | undefined,
  vrf: string | undefined,
  places: Places,
): ViaPath | Refusal {
  const via = unmapAddress(given);
  const unfit = unfitKind(via);
  if (unfit !== undefined) return refuse('bad-next-hop', `next hop ${formatAddress(via)} is ${unfit}`);
  if (hop.labels.length > labelsMax) return refuse('too-many-labels', `${hop.labels.length} labels`);
  const isOurs = outlet?.kind === 'interface';
  if (outlet?.kind === 'foreign' && !places.isConnected(vrf, via) && !places.isConnected(undefined, via)) {
    return refuse('unknown-interface', `interface ${outlet.name} is none of ours`);
  }
  if (places.isOwn(isOurs ? outlet.vrf : vrf, via)) {
    return refuse('bad-next-hop', `next hop ${formatAddress(via)} is an address of this router`);
  }
  if (!isOurs && via.family === 6 && isLinkLocal(via.words)) {
    return refuse('unknown-interface', `next hop ${formatAddress(via)} without an interface of ours`);
  }
  return {
    kind: 'via',
    via,
    interface: isOurs ? outlet.name : undefined,
    vrf: undefined,
    labels: hop.labels.length > 0 ? hop.labels : undefined,
    weight: Math.min(hop.weight, weightMax),
    backup: false,
    entropy: false,
    ...noModes,
  };
}

function translateLabel(
  { label = 0, gone, action: type }: RouteMessage,
  hops: readonly RouteHop[] = [],
  places: Places,
): Translated {
  if (label < labelMin) return { change: undefined };
  if (gone) return { change: { op: 'delete', label: { label } } };
  const outcome = pathsOfLabel(type, hops, places);
  if (!('paths' in outcome)) return { change: { op: 'delete', label: { label } }, ...outcome };
  const model: LabelModel = { path: '', label, paths: outcome.paths };
  return { change: { op: 'replace', label: model }, refusal: outcome.refusal };
}

function pathsOfLabel(type: number, hops: readonly RouteHop[], places: Places): Paths {
  if (type === RouteAction.blackhole) return { paths: drop };
  if (type !== RouteAction.unicast) return { refusal: refuse('unsupported-type', `route type ${type} of a label`) };
  return hops.length === 0 ? { paths: pop } : pathsOf(hops, (hop) => pathOfLabel(hop, places));
}

function pathOfLabel(hop: RouteHop, places: Places): Path {
  const outlet = places.outletOf(hop.index, undefined);
  if (hop.via === undefined) {
    if (hop.labels.length > 0) return refuse('no-next-hop', 'labels without a next hop');
    if (outlet?.kind === 'vrf') return action('table', hop.weight, outlet.name);
    if (outlet === undefined || outlet.kind === 'loopback') return action('pop', hop.weight);
    return refuse('no-next-hop', `interface ${outlet.name} without a next hop`);
  }
  const vrf = outlet?.kind === 'interface' ? outlet.vrf : undefined;
  const path = viaPath(hop, hop.via, outlet, vrf, places);
  if ('reason' in path) return path;
  // Beneath a label that ends at a customer's interface lies IP: the router is a hop of it.
  if (vrf !== undefined && path.labels === undefined) return { ...path, payload: 'ip' };
  return path;
}

/** A route or label of zebra's in a word: `10.1.0.0/16 of table 254`, `label 16001`. */
export function routeText({ prefix, label, table }: RouteMessage): string {
  return prefix === undefined ? `label ${label}` : `${formatPrefix(prefix)} of table ${table}`;
}
