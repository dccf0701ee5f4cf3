// FPM for a running router: opened when it starts, following its configuration, closed at its end.
import { createServer, type Server } from 'node:net';
import type { FpmModel, RouterModel } from '../../control/model.ts';
import { ioError } from '../../io/io-error.ts';
import { boundSocket } from '../../io/linux/listen.ts';
import { type IpAddress, parseAddress } from '../../wire/address.ts';
import type { Adapter, AdapterRouter, AdapterView } from '../adapter.ts';
import type { Log } from '../log.ts';
import { type KernelLinks, watchKernelLinks } from './kernel-links.ts';
import { Places } from './places.ts';
import { FpmServer } from './server.ts';
import { source } from './session.ts';

/** Changes of the configuration, whoever made them, are seen so often. */
const lookMilliseconds = 1000;

export interface Fpm extends Omit<Adapter, 'view'> {
  /** undefined: there is no such section. */
  view(): AdapterView | undefined;
  /** The router's configuration is another one now. */
  follow(): Promise<void>;
}

/** What runs for one configuration of it. */
interface Running {
  readonly key: string;
  readonly listener: Server;
  readonly server: FpmServer;
  readonly links: KernelLinks;
}

/** Where zebra runs, as far as the configuration says. */
export function namespaceOf({ fpm, interfaces }: RouterModel): string | undefined {
  return fpm?.netns ?? interfaces.find(({ controlPort }) => controlPort !== undefined)?.controlPort?.netns;
}

/** That one first, then those of control ports. */
function namespacesOf(model: RouterModel): (string | undefined)[] {
  const ports = model.interfaces.flatMap(({ controlPort }) => controlPort?.netns ?? []);
  return [...new Set([namespaceOf(model), ...ports])];
}

const addressText = ({ host, port }: Pick<FpmModel, 'host' | 'port'>): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Throws ShimlineError IO when it cannot listen, or enter a namespace. */
async function listen(fpm: FpmModel, netns: string | undefined): Promise<Server> {
  const listener = createServer({ noDelay: true });
  const place = `fpm.listen ${addressText(fpm)}`;
  const where =
    netns === undefined
      ? { host: fpm.host, port: fpm.port }
      : { fd: boundSocket(place, netns, parseAddress(fpm.host) as IpAddress, fpm.port) };
  await new Promise<void>((resolve, reject) => {
    listener.once('error', (error) => reject(ioError(place, error)));
    listener.listen(where, resolve);
  });
  return listener;
}

/** Begins as the router's configuration says. Throws ShimlineError IO where that cannot be. */
export async function openFpm(router: AdapterRouter, log: Log): Promise<Fpm> {
  const follower = new Follower(router, log);
  try {
    await follower.move();
  } catch (error) {
    await follower.close();
    throw error;
  }
  return follower;
}

class Follower implements Fpm {
  readonly #router: AdapterRouter;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #running: Running | undefined;
  /** The model that it runs by. */
  #seen: RouterModel | undefined;
  #turn: Promise<void> = Promise.resolve();
  #complaint = '';

  constructor(router: AdapterRouter, log: Log) {
    this.#router = router;
    this.#log = log;
    this.#timer = setInterval(() => this.#look(), lookMilliseconds).unref();
  }

  get #model(): RouterModel {
    return this.#router.control.state.model;
  }

  view(): AdapterView | undefined {
    return this.#running?.server.view();
  }

  follow(): Promise<void> {
    this.#turn = this.#turn
      .then(() => this.move())
      .catch((error: unknown) => {
        // It is tried again with the next look, and said once.
        const text = error instanceof Error ? error.message : String(error);
        if (text !== this.#complaint) this.#log.error({}, text);
        this.#complaint = text;
      });
    return this.#turn;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
    await this.#stop();
  }

  /** Brings it to what the model says. Throws ShimlineError IO. */
  async move(): Promise<void> {
    const model = this.#model;
    const { fpm } = model;
    const key = fpm && JSON.stringify([fpm.host, fpm.port, namespacesOf(model)]);
    if (key !== this.#running?.key) {
      await this.#stop();
      if (fpm !== undefined && key !== undefined) this.#running = await this.#start(model, fpm, key);
      else await this.#router.sweep(source);
    } else if (fpm !== undefined) this.#running?.server.setTimes(fpm);
    this.#seen = model;
    this.#complaint = '';
  }

  #look(): void {
    if (this.#seen !== undefined && this.#model !== this.#seen) void this.follow();
    this.#running?.server.look();
  }

  async #start(model: RouterModel, fpm: FpmModel, key: string): Promise<Running> {
    const { host, port, sweepSeconds, holdSeconds } = fpm;
    const links = watchKernelLinks(namespacesOf(model));
    try {
      const listener = await listen(fpm, namespaceOf(model));
      const server = new FpmServer({
        router: this.#router,
        places: new Places(() => this.#model, links),
        log: this.#log,
        address: addressText({ host, port }),
        sweepSeconds,
        holdSeconds,
        // What a session has left behind is the next server's business.
        hasStale: this.#seen !== undefined,
      });
      server.attach(listener);
      this.#log.info({ listen: addressText(fpm), netns: namespaceOf(model) }, 'FPM: waiting for zebra');
      return { key, listener, server, links };
    } catch (error) {
      links.close();
      throw error;
    }
  }

  async #stop(): Promise<void> {
    const last = this.#running;
    this.#running = undefined;
    last?.listener.close();
    await last?.server.close();
    last?.links.close();
  }
}
