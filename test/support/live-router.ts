// A router of a live run in memory, for tests: frames in, time passes by ticks, everything that happened out. Every call
// goes to three engines, which must do the same: with the fast path, with the slow one alone, and without the short cuts that
// end floods early (there are none for whoever explains). The books must balance after each.
import { expect } from 'vitest';
import { parseConfig } from '../../src/control/config/index.ts';
import { type CompiledRouter, compileRouter } from '../../src/control/router.ts';
import { Forwarder, type LiveEvent, type LiveOptions } from '../../src/engine/forwarder.ts';
import { type DropName, dropReasons, type PuntName, puntReasons } from '../../src/engine/reasons.ts';
import { formatAddress, type IpAddress, parseAddress } from '../../src/wire/address.ts';
import { formatMac } from '../../src/wire/ethernet.ts';
import type { Bytes } from './frames.ts';

export interface Happened {
  readonly out: { readonly port: string; readonly bytes: Bytes }[];
  readonly drops: DropName[];
  readonly punts: PuntName[];
  readonly delivered: { readonly interface: string; readonly bytes: Bytes }[];
  /** `neighbor-up ce1 10.1.1.2 02:…`. */
  readonly events: string[];
}

const nothing = (): Happened => ({ out: [], drops: [], punts: [], delivered: [], events: [] });

/** Punt limits by name, for `LiveOptions.puntLimits`; what is not named is not limited. */
export function puntLimits(limits: Partial<Record<PuntName, number>>): number[] {
  return puntReasons.map(({ name }) => limits[name] ?? 1e9);
}

function splitTime(time: number): [seconds: number, nanoseconds: number] {
  const seconds = Math.floor(time);
  return [seconds, Math.round((time - seconds) * 1e9)];
}

class LiveEngine {
  readonly router: CompiledRouter;
  readonly forwarder: Forwarder;
  happened = nothing();

  constructor(config: string, live: LiveOptions, speed: 'fast' | 'slow' | 'explained') {
    this.router = compileRouter(parseConfig(config, 'test.yaml'), { forwarders: 1 });
    const { portNames, model } = this.router;
    const copy = (bytes: Uint8Array, start: number, count: number) => Array.from(bytes.subarray(start, start + count));
    const output = {
      transmit: (port: number, bytes: Uint8Array, start: number, captured: number) => {
        this.happened.out.push({ port: portNames[port], bytes: copy(bytes, start, captured) });
      },
      drop: (reason: number) => void this.happened.drops.push(dropReasons[reason].name),
      punt: (reason: number) => void this.happened.punts.push(puntReasons[reason].name),
      deliver: (index: number, bytes: Uint8Array, start: number, length: number) => {
        this.happened.delivered.push({ interface: model.interfaces[index].name, bytes: copy(bytes, start, length) });
      },
    };
    const onEvent = (event: LiveEvent) => void this.happened.events.push(this.#tell(event));
    this.forwarder = new Forwarder(this.router.tables, output, {
      slowOnly: speed === 'slow',
      ...(speed === 'explained' ? { explain: this.router.names } : {}),
      live: { random: () => 0.5, onEvent, ...live },
    });
  }

  #tell({ kind, interface: index, address, mac }: LiveEvent): string {
    const text = formatAddress({ family: address.length === 1 ? 4 : 6, words: address });
    const name = this.router.model.interfaces[index].name;
    return `${kind} ${name} ${text}${mac === undefined ? '' : ` ${formatMac(mac.high, mac.low)}`}`;
  }

  look(): Happened {
    const { happened, forwarder } = this;
    this.happened = nothing();
    expect(forwarder.counters.balanced).toBe(true);
    return happened;
  }
}

export class LiveRouter {
  readonly engines: readonly LiveEngine[];
  /** Now, seconds. */
  time: number;

  constructor(config: string, live: LiveOptions = {}, time = 1000) {
    this.engines = (['fast', 'slow', 'explained'] as const).map((speed) => new LiveEngine(config, live, speed));
    this.time = time;
  }

  get #first(): LiveEngine {
    return this.engines[0];
  }

  #all(act: (engine: LiveEngine) => void): Happened {
    const [first, ...others] = this.engines.map((engine) => {
      act(engine);
      return engine.look();
    });
    for (const other of others) expect(other).toEqual(first);
    return first;
  }

  send(...frames: { readonly port: string; readonly bytes: readonly number[] | Uint8Array }[]): Happened {
    const [seconds, nanoseconds] = splitTime(this.time);
    return this.#all(({ forwarder, router }) => {
      const batch = forwarder.newBatch();
      for (const { port, bytes } of frames) {
        const add = () => batch.add(router.portNames.indexOf(port), bytes.length, bytes.length, seconds, nanoseconds);
        let start = add();
        if (start < 0) {
          forwarder.process(batch);
          batch.clear();
          start = add();
        }
        batch.bytes.set(bytes, start);
      }
      forwarder.process(batch);
    });
  }

  /** One tick, after so many seconds. */
  tick(afterSeconds = 0): Happened {
    this.time += afterSeconds;
    return this.#all(({ forwarder }) => forwarder.tick(...splitTime(this.time)));
  }

  /** Ticks ten times a second for so long; answers all of it, with the second (from the start) of each frame sent. */
  wait(forSeconds: number): Happened & { readonly sentAt: number[] } {
    const sum = { ...nothing(), sentAt: [] as number[] };
    const begin = this.time;
    for (let i = 1; i <= Math.round(forSeconds * 10); i++) {
      this.time = begin + i / 10;
      const happened = this.tick();
      for (const key of ['out', 'drops', 'punts', 'delivered', 'events'] as const)
        sum[key].push(...(happened[key] as never[]));
      for (const _ of happened.out) sum.sentAt.push(i / 10);
    }
    return sum;
  }

  announce(name?: string): Happened {
    const time = splitTime(this.time);
    return this.#all(({ forwarder }) => {
      if (name === undefined) forwarder.announce(...time);
      else forwarder.announceInterface(this.interfaceIndex(name), ...time);
    });
  }

  fromControl(name: string, bytes: readonly number[]): Happened {
    const time = splitTime(this.time);
    return this.#all(({ forwarder }) =>
      forwarder.sendFromControl(this.interfaceIndex(name), Uint8Array.from(bytes), 0, bytes.length, ...time),
    );
  }

  probe(name: string, address: string): void {
    for (const { forwarder } of this.engines) forwarder.probe(this.adjacency(name, address));
  }

  finish(): Happened {
    return this.#all(({ forwarder }) => forwarder.finish());
  }

  interfaceIndex(name: string): number {
    return this.#first.router.model.interfaces.findIndex((each) => each.name === name);
  }

  adjacency(name: string, address: string): number {
    return this.tables.adjacencies.find(this.interfaceIndex(name), (parseAddress(address) as IpAddress).words);
  }

  setInterfaceUp(name: string, up: boolean): void {
    for (const { router } of this.engines) router.tables.interfaces.setUp(this.interfaceIndex(name), up);
  }

  get tables() {
    return this.#first.router.tables;
  }

  get counters() {
    return this.#first.forwarder.counters;
  }
}
