// The FPM server: zebra connects, and what it sends are the entries of the source `fpm`. There is one zebra at a time, and a
// new connection takes the place of the one before: after a crash the old one may look alive for hours, and only the new
// one knows anything.
//
//   no session ── connects ──▶ session ── ends: entries are stale ──▶ no session
//       │                        │
//       └ holdSeconds: swept     └ after a return: swept after sweepSeconds of silence, or holdSeconds
import type { Server, Socket } from 'node:net';
import type { Adapter, AdapterRouter, AdapterView } from '../adapter.ts';
import { Complaints } from '../complaints.ts';
import type { Log } from '../log.ts';
import type { Places } from './places.ts';
import { Session, source } from './session.ts';
import type { RefusalReason } from './translate.ts';

export interface FpmTimes {
  readonly sweepSeconds: number;
  readonly holdSeconds: number;
}

export interface FpmOptions extends FpmTimes {
  readonly router: AdapterRouter;
  readonly places: Places;
  readonly log: Log;
  /** Where the server listens, for who asks. */
  readonly address: string;
  /** There are entries of a session that another server has had. */
  readonly hasStale?: boolean;
}

/** A zebra may crash and come again every few seconds; so may one that sends what we cannot read. */
const keepAliveMilliseconds = 10_000;

export class FpmServer implements Adapter {
  readonly #options: FpmOptions;
  readonly #log: Log;
  readonly #complaints: Complaints;
  #times: FpmTimes;
  #session: { readonly session: Session; readonly peer: string } | undefined;
  /** What was begun before it may be followed by a new session. */
  #turn: Promise<unknown> = Promise.resolve();
  #sessions = 0;
  #messages = 0;
  #changes = 0;
  #hasStale = false;
  #silence: NodeJS.Timeout | undefined;
  #hold: NodeJS.Timeout | undefined;
  #placesVersion: number;
  #isClosed = false;

  constructor(options: FpmOptions) {
    this.#options = options;
    this.#times = options;
    this.#log = options.log;
    this.#complaints = new Complaints(options.log);
    this.#placesVersion = options.places.version;
    this.#hasStale = options.hasStale ?? false;
    if (this.#hasStale) this.#holdFor('zebra has not come back');
  }

  /** Takes connections of a server that listens, or will. */
  attach(server: Server): void {
    server.on('connection', (socket) => this.accept(socket));
  }

  /** A zebra has connected. */
  accept(socket: Socket): void {
    // Nothing is read until the session before is over, with all that it has sent.
    socket.pause();
    socket.on('error', () => {});
    this.#turn = this.#turn.then(() => this.#begin(socket)).catch((error: unknown) => this.#failed(error));
  }

  /** Other times, from the next time on that one is waited for. */
  setTimes(times: FpmTimes): void {
    this.#times = times;
  }

  /** To be called now and then. Where places have changed, what could not be understood is asked for again. */
  look(): void {
    const { places } = this.#options;
    places.refresh();
    if (places.version === this.#placesVersion) return;
    this.#placesVersion = places.version;
    if (this.#session?.session.hasMissed !== true) return;
    this.#log.info(
      { peer: this.#session.peer },
      'FPM: entries that were refused may be known now: zebra is to send all again',
    );
    this.#turn = this.#turn.then(() => this.#finish()).catch((error: unknown) => this.#failed(error));
  }

  view(): AdapterView {
    const { session, peer = '' } = this.#session ?? {};
    const { sources } = this.#options.router.control;
    return {
      source,
      distance: sources.distance(sources.number(source)),
      address: this.#options.address,
      isConnected: session !== undefined,
      peer,
      sessions: this.#sessions,
      messages: this.#messages + (session?.messages ?? 0),
      changes: this.#changes + (session?.changes ?? 0),
      refused: this.#complaints.counts(),
    };
  }

  /** Ends the session. Entries stay: what is to become of them is the caller's business. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#turn;
    await this.#finish();
    clearTimeout(this.#hold);
  }

  async #begin(socket: Socket): Promise<void> {
    if (this.#isClosed || socket.destroyed) return void socket.destroy();
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    if (this.#session !== undefined) {
      this.#log.warn({ peer, before: this.#session.peer }, 'FPM: a new connection takes the place of the one before');
      await this.#finish();
    }
    const { router, places } = this.#options;
    const session = new Session(socket, {
      router,
      places,
      refused: (reason, text) => this.#refused(reason, text),
      failed: (error) => this.#failed(error),
      active: () => this.#active(),
      ended: (damage) => this.#ended(session, damage),
    });
    this.#session = { session, peer };
    this.#sessions++;
    socket.setKeepAlive(true, keepAliveMilliseconds);
    this.#log.info({ peer }, 'FPM: zebra is connected');
    if (this.#hasStale) {
      this.#holdFor('zebra was never silent since its return');
      this.#active();
    }
    socket.resume();
  }

  #ended(session: Session, damage: string | undefined): void {
    if (damage !== undefined)
      this.#complaints.add('damaged', () => `FPM: damaged input: ${damage}; the connection is closed`);
    this.#turn = this.#turn.then(() => (this.#session?.session === session ? this.#finish() : undefined));
  }

  /** The session is over: its entries stay, and are stale. */
  async #finish(): Promise<void> {
    if (this.#session === undefined) return;
    const { session, peer } = this.#session;
    await session.close();
    this.#messages += session.messages;
    this.#changes += session.changes;
    this.#session = undefined;
    this.#hasStale = true;
    clearTimeout(this.#silence);
    this.#options.router.control.markStale(source);
    this.#log.warn(
      { peer, holdSeconds: this.#times.holdSeconds },
      'FPM: zebra is gone, its entries stay for the time being',
    );
    if (!this.#isClosed) this.#holdFor('zebra has not come back');
  }

  #holdFor(why: string): void {
    clearTimeout(this.#hold);
    this.#hold = setTimeout(() => this.#sweep(why), this.#times.holdSeconds * 1000).unref();
  }

  /** Zebra has said something: after a return, its silence is waited for. */
  #active(): void {
    if (!this.#hasStale) return;
    if (this.#silence !== undefined) return void this.#silence.refresh();
    this.#silence = setTimeout(() => this.#sweep('zebra has sent all it has'), this.#times.sweepSeconds * 1000).unref();
  }

  #sweep(why: string): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#hold);
    this.#silence = undefined;
    this.#hasStale = false;
    this.#turn = this.#turn
      .then(() => this.#options.router.sweep(source))
      .then((entries) => this.#log.info({ entries }, `FPM: ${why}: what was stale is removed`))
      .catch((error: unknown) => this.#failed(error));
  }

  #refused(reason: RefusalReason, text: () => string): void {
    this.#complaints.add(reason, () => `FPM: not taken: ${text()}`);
  }

  #failed(error: unknown): void {
    this.#log.error({}, `FPM: ${error instanceof Error ? error.message : String(error)}`);
  }
}
