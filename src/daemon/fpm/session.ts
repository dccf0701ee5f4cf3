// One zebra, from its connection to its end: what arrives is read, translated and handed to the loader, and no more is taken
// in than the router can do with. Damaged input ends it.
import type { Socket } from 'node:net';
import type { EntryChange } from '../../control/live/index.ts';
import type { NetlinkMessage } from '../../wire/netlink.ts';
import { AddressFamily, RtnetlinkType } from '../../wire/rtnetlink.ts';
import { RouteAction, type RouteMessage, readNexthop, readRoute } from '../../wire/rtnetlink-routes.ts';
import type { AdapterRouter } from '../adapter.ts';
import { changeText, Loader } from '../loader.ts';
import { FrameReader } from './frame-reader.ts';
import { KnownRoutes, prefixAt } from './known-routes.ts';
import { Nexthops } from './nexthops.ts';
import type { Places } from './places.ts';
import { isPassedOver, type RefusalReason, routeText, translate } from './translate.ts';

export const source = 'fpm';
/** Changes that wait before no more is read. The socket's own buffers hold what comes meanwhile. */
const waitingMax = 8192;

export interface SessionOptions {
  readonly router: Pick<AdapterRouter, 'apply'>;
  readonly places: Places;
  readonly refused: (reason: RefusalReason, text: () => string) => void;
  readonly failed: (error: unknown) => void;
  /** Something has arrived. */
  readonly active: () => void;
  /** Over, by itself: `damage` says what was wrong with the input, if anything was. Said once, and not after `close`. */
  readonly ended: (damage: string | undefined) => void;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #socket: Socket;
  readonly #frames: FrameReader;
  readonly #nexthops = new Nexthops();
  readonly #known = new KnownRoutes();
  /** What is known is known of these places. */
  #placesVersion = -1;
  readonly #loader: Loader;
  #messages = 0;
  #isOver = false;
  /** Entries that were refused for a name or number that is not known yet. */
  #missed = 0;

  constructor(socket: Socket, options: SessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#frames = new FrameReader((bytes, message) => this.#take(bytes, message));
    this.#loader = new Loader({
      router: options.router,
      source,
      refused: (change, message) => this.#refused(change, message),
      failed: options.failed,
    });
    socket.on('data', (piece: Buffer) => this.#read(piece));
    // What is to be said of an error is said by `close`, which comes after it.
    socket.on('error', () => {});
    socket.on('close', () => this.#end(undefined));
  }

  get messages(): number {
    return this.#messages;
  }

  /** Of a frame that has not come to its end. */
  get waitingBytes(): number {
    return this.#frames.waiting;
  }

  /** Changes that were made. */
  get changes(): number {
    return this.#loader.made;
  }

  /** Whether it would be worth to be told everything anew, when more is known. */
  get hasMissed(): boolean {
    return this.#missed > 0;
  }

  /** Ends it; resolves when what it has sent is in the tables. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#socket.destroy();
    await this.#loader.settle();
  }

  #end(damage: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    void this.#loader.settle().then(() => this.#options.ended(damage));
  }

  #read(piece: Buffer): void {
    if (this.#isOver) return;
    const { places, active } = this.#options;
    active();
    places.refresh();
    if (places.version !== this.#placesVersion) this.#known.forget();
    this.#placesVersion = places.version;
    const damage = this.#frames.take(piece);
    const settled = this.#loader.settle();
    if (damage !== undefined) return this.#end(damage);
    if (this.#loader.waiting < waitingMax || this.#socket.isPaused()) return;
    this.#socket.pause();
    void settled.then(() => this.#socket.resume());
  }

  /** One message; answers what is damaged. Types that are none of ours are passed over. */
  #take(bytes: Uint8Array, message: NetlinkMessage): string | undefined {
    this.#messages++;
    switch (message.type) {
      case RtnetlinkType.newRoute:
      case RtnetlinkType.deleteRoute:
        return this.#takeRoute(bytes, message);
      case RtnetlinkType.newNexthop:
      case RtnetlinkType.deleteNexthop:
        return this.#takeNexthop(bytes, message);
      default:
        return undefined;
    }
  }

  #takeRoute(bytes: Uint8Array, message: NetlinkMessage): string | undefined {
    if (this.#takeKnown(bytes, message)) return undefined;
    const route = readRoute(bytes, message);
    if (route === undefined) return isOurFamily(bytes, message) ? 'a damaged route' : undefined;
    this.#note(route);
    const change = this.#put(route);
    if (
      change !== undefined &&
      'route' in change &&
      this.#isWhateverPrefix(route, change) &&
      prefixAt(bytes, message)
    ) {
      const { vrf, paths } = { paths: undefined, ...change.route };
      this.#known.add(bytes, message, { vrf, paths, table: route.table, nexthopId: route.nexthopId });
    }
    return undefined;
  }

  /** What a prefix of one of our tables names. */
  #note({ prefix, table, gone, nexthopId }: RouteMessage): void {
    if (prefix === undefined || this.#options.places.vrfOfTable(table) === null) return;
    this.#nexthops.note(table, prefix, gone ? 0 : nexthopId);
  }

  /** Whether the same would have become of another prefix: nothing in it was compared with our own subnets and addresses. */
  #isWhateverPrefix(route: RouteMessage, { op }: EntryChange): boolean {
    if (route.gone) return true;
    if (op === 'delete' || route.action === RouteAction.local) return false;
    return this.#nexthops.hopsOf(route)?.every(({ via }) => via !== undefined) ?? false;
  }

  /** A route that says the same as another one before it. */
  #takeKnown(bytes: Uint8Array, message: NetlinkMessage): boolean {
    const prefix = prefixAt(bytes, message);
    if (prefix === undefined || isPassedOver(prefix)) return false;
    const known = this.#known.find(bytes, message);
    if (known === undefined) return false;
    const { vrf, paths, table, nexthopId } = known;
    if (nexthopId !== 0 || this.#nexthops.hasRoutes)
      this.#nexthops.note(table, prefix, paths === undefined ? 0 : nexthopId);
    if (paths === undefined) this.#loader.add({ op: 'delete', route: { vrf, prefix } });
    else this.#loader.add({ op: 'replace', route: { path: '', vrf, prefix, paths } });
    return true;
  }

  #takeNexthop(bytes: Uint8Array, message: NetlinkMessage): string | undefined {
    const nexthop = readNexthop(bytes, message);
    if (nexthop === undefined) return 'a damaged next hop';
    const changed = this.#nexthops.change(nexthop);
    if (changed === undefined) {
      this.#options.refused('router', () => `next hop ${nexthop.id}: there are ${this.#nexthops.count} already`);
      return undefined;
    }
    if (!changed.isNew) this.#known.forgetNaming(changed.ids);
    for (const route of changed.routes) this.#put(route);
    return undefined;
  }

  #put(route: RouteMessage): EntryChange | undefined {
    const { nexthopId } = route;
    const isBlackhole = nexthopId !== 0 && this.#nexthops.isBlackhole(nexthopId);
    const meant = isBlackhole ? { ...route, action: RouteAction.blackhole } : route;
    const { change, refusal } = translate(meant, this.#nexthops.hopsOf(route), this.#options.places);
    if (refusal !== undefined) {
      const { reason, text } = refusal;
      if (reason === 'unknown-table' || reason === 'unknown-interface') this.#missed++;
      this.#options.refused(reason, () => `${routeText(route)}: ${text}`);
    }
    if (change !== undefined) this.#loader.add(change);
    return refusal === undefined ? change : undefined;
  }

  #refused(change: EntryChange, message: string): void {
    this.#missed++;
    this.#options.refused('router', () => `${changeText(change)}: ${message}`);
  }
}

/** Messages of other families, such as those of multicast routing, look otherwise. */
function isOurFamily(bytes: Uint8Array, { start, end }: NetlinkMessage): boolean {
  if (start >= end) return true;
  const family = bytes[start];
  return family === AddressFamily.ipv4 || family === AddressFamily.ipv6 || family === AddressFamily.mpls;
}
