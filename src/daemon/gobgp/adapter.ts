// The adapter between a gobgpd and a running router, for one configuration: a session after the other, each of which tells
// all anew; what it does not tell again is swept. Nothing that gobgpd does or sends ends more than the session.
import { setImmediate } from 'node:timers/promises';
import { passes } from '../../control/config/vpn-policy.ts';
import type { EntryChange } from '../../control/live/index.ts';
import type { GobgpModel, RouterModel } from '../../control/model.ts';
import type { AdapterRouter, AdapterView, Adapter as RoutingAdapter } from '../adapter.ts';
import type { Log } from '../log.ts';
import { Exports } from './exports.ts';
import { labelOfEntry } from './labels.ts';
import { Learner, ownerOfCe } from './learner.ts';
import { putLocalRoutes } from './local-routes.ts';
import type { PeerMessage } from './messages.ts';
import type { PathReader } from './path-reader.ts';
import { Policies } from './policies.ts';
import { type Entry, keyOf, type PrefixKey, prefixOf, Rib } from './rib.ts';
import { Session } from './session.ts';

export const source = 'gobgp';

/** What the adapter needs of a running router. */
export interface RouterForGobgp extends AdapterRouter {
  readonly model: RouterModel;
  /** Resolves when labels that are bound by now outlast a crash. */
  labelsKept(): Promise<void>;
}

/** Changes of a transaction: so long other work waits. */
const changesEach = 4096;
const retryMillisecondsMin = 250;
const retryMillisecondsMax = 5_000;
/** Silence after which a gobgpd that came back has told all, once its peers are back too. */
const quietMilliseconds = 2_000;
const settleMilliseconds = 250;
/** Paths of our own that gobgpd still has, remembered until what is to go out is known. */
const leftoversMax = 200_000;

interface Leftover {
  readonly table: number;
  readonly key: PrefixKey;
  readonly label: number;
}

export class Adapter implements RoutingAdapter {
  readonly #router: RouterForGobgp;
  readonly #model: GobgpModel;
  readonly #log: Log;
  readonly #rib: Rib;
  readonly #policies: Policies;
  readonly #learner: Learner;
  readonly #exports: Exports;
  /** Peers that were up when the session ended, until they are up again. */
  readonly #missed = new Set<string>();
  readonly #up = new Set<string>();
  #leftovers: Leftover[] = [];
  #session: Session | undefined;
  #work: Promise<unknown> = Promise.resolve();
  #complaint = '';
  #isClosed = false;
  #isStale = false;
  #staleUntil = 0;
  #lastEvent = 0;
  #retryMilliseconds = retryMillisecondsMin;
  #timer: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #refusedTold = 0;
  #isConnected = false;
  #sessions = 0;
  #messages = 0;
  #changes = 0;

  constructor(router: RouterForGobgp, model: GobgpModel, log: Log) {
    this.#router = router;
    this.#model = model;
    this.#log = log;
    const config = router.model;
    this.#policies = new Policies(config);
    this.#rib = new Rib(this.#policies.names.length, model.pathsMax);
    this.#learner = new Learner(this.#rib, this.#policies, model.nextHop);
    this.#exports = new Exports({
      nextHop: model.nextHop,
      homeOf: (table) => this.#learner.homes.get(table),
      labelOf: (table, entry) => labelOfEntry(router.control, this.#policies.vrfs[table], entry),
      passes: (table, key) => passes(this.#policies.policyOf(table).exportRules, prefixOf(key)),
    });
    if (model.nextHop === undefined) log.warn({}, 'gobgp: without router.id or gobgp.nextHop nothing is exported');
    // What an adapter before this one has left is stale until it is told again.
    this.#begin(true);
  }

  view(): AdapterView {
    const { sources } = this.#router.control;
    return {
      source,
      distance: sources.distance(sources.number(source)),
      address: this.#model.address,
      isConnected: this.#isConnected,
      peer: this.#isConnected ? this.#model.address : '',
      sessions: this.#sessions,
      messages: this.#messages + (this.#session?.messages ?? 0),
      changes: this.#changes,
      refused: { ...this.#learner.refused },
    };
  }

  /** Takes back what it has told gobgpd. Its routes stay in the router until somebody sweeps them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#settling);
    await this.#work.catch(() => {});
    this.#exports.withdrawAll();
    await this.#session?.finish([...this.#exports.takeMessages()]);
    this.#session = undefined;
  }

  /** A session that begins finds all stale; `staleSeconds` count from the loss of the one before. */
  #begin(isFirst: boolean): void {
    if (isFirst) this.#markStale();
    this.#learner.stamp++;
    this.#leftovers = [];
    const session = new Session(this.#model.address, {
      vrfs: (vrfs, peers) => this.#takeVrfs(vrfs, peers),
      peer: (peer) => this.#takePeer(peer, session),
      best: (path) => this.#takeBest(path),
      accepted: (path) => this.#learner.takeOfCe(path, path.neighbor),
      pause: () => this.#flush(),
      rest: () => this.#rest(),
      ready: () => this.#connected(),
      ended: (error) => this.#ended(session, error),
    });
    this.#session = session;
    session.start();
  }

  #connected(): void {
    this.#retryMilliseconds = retryMillisecondsMin;
    this.#complaint = '';
    this.#isConnected = true;
    this.#sessions++;
    this.#log.info({ address: this.#model.address }, 'gobgp: connected');
    this.#exports.sendAgain();
    clearInterval(this.#settling);
    this.#settling = setInterval(() => this.#settle(), settleMilliseconds).unref();
  }

  #ended(session: Session, error: Error): void {
    if (session !== this.#session || this.#isClosed) return;
    this.#session = undefined;
    this.#isConnected = false;
    this.#messages += session.messages;
    for (const peer of this.#up) this.#missed.add(peer);
    this.#up.clear();
    this.#markStale();
    if (error.message !== this.#complaint) {
      this.#complaint = error.message;
      this.#log.warn({ address: this.#model.address }, `gobgp: ${error.message}; trying again`);
    }
    this.#timer = setTimeout(() => this.#begin(false), this.#retryMilliseconds).unref();
    this.#retryMilliseconds = Math.min(this.#retryMilliseconds * 2, retryMillisecondsMax);
    this.#settling ??= setInterval(() => this.#settle(), settleMilliseconds).unref();
  }

  /** Traffic goes on. */
  #markStale(): void {
    if (!this.#isStale) this.#staleUntil = Date.now() + this.#model.staleSeconds * 1000;
    this.#isStale = true;
    this.#router.control.markStale(source);
  }

  #takeVrfs(vrfs: Parameters<Learner['takeVrfs']>[0], peers: readonly PeerMessage[]): void {
    for (const text of this.#learner.takeVrfs(vrfs, peers)) this.#log.warn({}, `gobgp: ${text}`);
    putLocalRoutes(this.#rib, this.#policies, this.#learner, this.#router.model);
  }

  async #takePeer(peer: PeerMessage, session: Session): Promise<void> {
    this.#lastEvent = Date.now();
    if (peer.address === '' || peer.address === '<nil>') return;
    const wasUp = this.#up.has(peer.address);
    if (peer.isUp) {
      this.#up.add(peer.address);
      this.#missed.delete(peer.address);
    } else this.#up.delete(peer.address);
    if (!this.#learner.tableOfCe.has(peer.address)) {
      const { vrf } = (await session.peer(peer.address)) ?? peer;
      this.#learner.takePeer({ ...peer, vrf });
    }
    if (!this.#learner.tableOfCe.has(peer.address)) return;
    if (wasUp !== peer.isUp) this.#log.info({ peer: peer.address, up: peer.isUp }, 'gobgp: session of a CE');
    if (peer.isUp) {
      await session.pathsOf(peer.address, (path) => this.#learner.takeOfCe(path, peer.address));
      return;
    }
    // Its paths go without being withdrawn one by one.
    const owner = this.#rib.find(ownerOfCe(peer.address));
    if (owner !== undefined) this.#rib.removeOwner(owner);
  }

  #takeBest(path: PathReader): void {
    this.#lastEvent = Date.now();
    if (!this.#learner.takeBest(path) || this.#leftovers.length >= leftoversMax) return;
    const table = this.#learner.homeOfDistinguisher(path);
    if (table === undefined) return;
    this.#leftovers.push({ table, key: keyOf(path.words, path.length), label: path.label });
  }

  /** Nothing more is waiting to be read. */
  async #rest(): Promise<void> {
    await this.#flush();
    for (const { table, key, label } of this.#leftovers) {
      if (!this.#exports.has(table, key)) this.#exports.withdrawOther(table, key, label);
    }
    this.#leftovers = [];
    await this.#send();
    this.#router.control.reclaim();
    this.#tellRefusals();
  }

  /** Brings what has changed into the router, in pieces, and then to what goes out: labels come with routes. */
  #flush(): Promise<void> {
    const flushed = this.#work.then(async () => {
      for (let isDone = false; !isDone; ) {
        const changes: EntryChange[] = [];
        isDone = this.#rib.takeChanges(changesEach, (table, key, entry) => {
          changes.push(this.#changeOf(table, key, entry));
        });
        if (changes.length > 0) await this.#apply(changes);
        if (!isDone) await setImmediate();
      }
      this.#rib.takeOwnChanges((home, key, entry) => this.#exports.follow(home, key, entry));
    });
    this.#work = flushed.catch(() => {});
    return flushed;
  }

  /** Nobody is told of a label that a crash could give to somebody else. */
  async #send(): Promise<void> {
    if (!this.#exports.isPending) return;
    await this.#router.labelsKept();
    const session = this.#session;
    if (session === undefined) return;
    for (const message of this.#exports.takeMessages()) session.add(message);
  }

  #changeOf(table: number, key: PrefixKey, entry: Entry | undefined): EntryChange {
    const vrf = table === 0 ? undefined : this.#policies.names[table];
    const prefix = prefixOf(key);
    if (entry === undefined) return { op: 'delete', route: { vrf, prefix } };
    return { op: 'replace', route: { path: '', vrf, prefix, paths: entry.paths } };
  }

  /** What is refused is left out, and the rest made. */
  async #apply(changes: readonly EntryChange[]): Promise<void> {
    const result = await this.#router.apply(source, changes);
    if (result.ok) {
      this.#changes += changes.length;
      return;
    }
    if (changes.length > 1) {
      const half = changes.length >>> 1;
      await this.#apply(changes.slice(0, half));
      return this.#apply(changes.slice(half));
    }
    const [why] = 'errors' in result ? result.errors : [];
    const text = `gobgp: a route is refused: ${why?.message ?? 'the version has moved'}`;
    if (text === this.#complaint) return;
    this.#complaint = text;
    this.#log.warn({}, text);
  }

  /** Sweeps when gobgpd has told all again, or has had its time. */
  #settle(): void {
    if (!this.#isStale) {
      clearInterval(this.#settling);
      this.#settling = undefined;
      return;
    }
    const now = Date.now();
    const isTold =
      this.#session?.isTold === true && this.#missed.size === 0 && now - this.#lastEvent > quietMilliseconds;
    if (!isTold && now < this.#staleUntil) return;
    this.#isStale = false;
    this.#missed.clear();
    void this.#sweep();
  }

  async #sweep(): Promise<void> {
    const { stamp } = this.#learner;
    const isGone = this.#session === undefined;
    this.#rib.sweep(isGone ? stamp + 1 : stamp);
    await this.#flush();
    await this.#send();
    const swept = await this.#router.sweep(source);
    if (swept > 0) this.#log.info({ routes: swept }, 'gobgp: routes that were not told again are swept');
  }

  #tellRefusals(): void {
    const { refused } = this.#learner;
    const sum = refused.label + refused['next-hop'] + refused['too-many'];
    if (sum < this.#refusedTold * 2 || sum === this.#refusedTold) return;
    this.#refusedTold = sum;
    this.#log.warn({ ...refused }, 'gobgp: paths are refused for their label or next hop, or are too many');
  }
}
