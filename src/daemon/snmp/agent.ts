// The SNMP side of a running router: a session with the AgentX master that the configuration names, begun again, ever less
// often, while there is none. A line of the log when it is lost, one when it is there: never one for each try.
import type { SnmpModel } from '../../control/model.ts';
import type { Log } from '../log.ts';
import { l3vpnMib } from './l3vpn-mib.ts';
import type { Mib } from './mib.ts';
import { Session } from './session.ts';
import type { SnmpView } from './view.ts';

const retryMillisecondsMin = 500;
const retryMillisecondsMax = 30_000;
const ticksModulus = 2 ** 32;

export interface AgentOptions {
  readonly log: Log;
  /** What the master shows in its list of subagents. */
  readonly description: string;
  /** The first wait before another try; each further one is twice as long. */
  readonly retryMilliseconds?: number;
}

export class SnmpAgent {
  readonly #options: AgentOptions;
  readonly #mib: Mib;
  #model: SnmpModel | undefined;
  #session: Session | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMilliseconds: number;
  #complained = false;
  /** The clock when the master began to count its sysUpTime. */
  #upSince = 0;
  /** Counts sessions: what an older one says is nothing to us. */
  #generation = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(view: SnmpView, options: AgentOptions) {
    this.#options = options;
    this.#retryMilliseconds = options.retryMilliseconds ?? retryMillisecondsMin;
    this.#mib = l3vpnMib(view, (moment) => {
      return Math.max(0, Math.floor((moment - this.#upSince) / 10)) % ticksModulus;
    });
  }

  /** Brings it to what the configuration says: undefined for no SNMP. Never throws for what a master does. */
  follow(model: SnmpModel | undefined): Promise<void> {
    return this.#enqueue(async () => {
      if (JSON.stringify(model) === JSON.stringify(this.#model)) return;
      await this.#leave();
      this.#model = model;
      this.#complained = false;
      this.#retryMilliseconds = this.#options.retryMilliseconds ?? retryMillisecondsMin;
      await this.#begin();
    });
  }

  close(): Promise<void> {
    return this.follow(undefined);
  }

  async #leave(): Promise<void> {
    this.#generation++;
    clearTimeout(this.#timer);
    await this.#session?.close();
    this.#session = undefined;
  }

  async #begin(): Promise<void> {
    const model = this.#model;
    if (model === undefined) return;
    const generation = ++this.#generation;
    const isPresent = () => generation === this.#generation;
    try {
      this.#session = await Session.start(model, this.#mib, this.#options.description, {
        registered: (sysUpTime) => {
          if (isPresent()) this.#registered(model, sysUpTime);
        },
        ended: (reason) => {
          if (isPresent()) this.#lost(model, reason);
        },
      });
    } catch (error) {
      this.#lost(model, error instanceof Error ? error.message : String(error));
    }
  }

  #registered({ host, port }: SnmpModel, sysUpTime: number): void {
    this.#upSince = Date.now() - sysUpTime * 10;
    this.#complained = false;
    this.#retryMilliseconds = this.#options.retryMilliseconds ?? retryMillisecondsMin;
    this.#options.log.info({ host, port }, 'registered with the AgentX master');
  }

  #lost({ host, port }: SnmpModel, reason: string): void {
    this.#session = undefined;
    if (!this.#complained) this.#options.log.warn({ host, port }, `no AgentX master: ${reason}; it is tried again`);
    this.#complained = true;
    clearTimeout(this.#timer);
    const generation = this.#generation;
    this.#timer = setTimeout(() => {
      void this.#enqueue(async () => {
        if (generation === this.#generation) await this.#begin();
      });
    }, this.#retryMilliseconds).unref();
    this.#retryMilliseconds = Math.min(this.#retryMilliseconds * 2, retryMillisecondsMax);
  }

  #enqueue(act: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(act);
    return this.#queue;
  }
}
