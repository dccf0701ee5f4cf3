// Runs the lab: three routers, each a real forwarder with its own configuration, and cables that carry every frame
// that leaves one of them to the next. What happens to a frame is kept as a tree, from hop to hop.
import { loadConfig } from '../src/control/config/load.ts';
import { type CompiledRouter, compileRouter } from '../src/control/router.ts';
import type { Counters } from '../src/engine/counters.ts';
import { Forwarder } from '../src/engine/forwarder.ts';
import type { Output } from '../src/engine/output.ts';
import { dropReasons, puntReasons } from '../src/engine/reasons.ts';
import { Batch } from '../src/wire/batch.ts';
import { cables, labPath, type Port, type RouterName, routerNames, type SiteName, siteAt } from './lab.ts';

export interface Frame {
  readonly bytes: Uint8Array;
  /** Microseconds since 1970. */
  readonly time: number;
}

/** What one router did with one frame that arrived. */
export interface Visit {
  readonly router: RouterName;
  readonly port: string;
  readonly arrived: Frame;
  readonly endings: readonly Ending[];
}

/** One frame that came out of a visit, or the end of it. Several when the router made frames: errors, fragments. */
export interface Ending {
  readonly kind: 'sent' | 'dropped' | 'punted';
  /** Name of the drop or punt reason; empty for a sent frame. */
  readonly reason: string;
  /** Port of departure for a sent frame, else of arrival. */
  readonly port: string;
  readonly frame: Frame;
  /** Made by the router itself. */
  readonly made: boolean;
  readonly steps: readonly string[];
  /** Where a sent frame came to: another router, or a site. */
  next: Visit | undefined;
  readonly site: SiteName | undefined;
}

class LabRouter {
  readonly name: RouterName;
  readonly compiled: CompiledRouter;
  readonly #forwarder: Forwarder;
  readonly #batch = new Batch();
  #endings: Ending[] = [];

  constructor(name: RouterName, compiled: CompiledRouter, record: Output) {
    this.name = name;
    this.compiled = compiled;
    this.#forwarder = new Forwarder(compiled.tables, this.#observe(record), { explain: compiled.names });
  }

  get counters(): Counters {
    return this.#forwarder.counters;
  }

  /** One frame at a time, so that everything that comes out is known to come from it. */
  receive(port: string, arrived: Frame): Visit {
    const batch = this.#batch;
    const { bytes, time } = arrived;
    const index = this.compiled.portNames.indexOf(port);
    batch.clear();
    const start = batch.add(index, bytes.length, bytes.length, Math.floor(time / 1e6), (time % 1e6) * 1000);
    batch.bytes.set(bytes, start);
    this.#endings = [];
    this.#forwarder.process(batch);
    return { router: this.name, port, arrived, endings: this.#endings };
  }

  finish(): void {
    this.#forwarder.finish();
  }

  #observe(record: Output): Output {
    const keep = (kind: Ending['kind'], reason: string, [port, bytes, start, captured, , s, ns, told]: FrameCall) => {
      const { made = false, steps = [] } = told ?? {};
      const name = this.compiled.portNames[port] as string;
      const frame = { bytes: bytes.slice(start, start + captured), time: s * 1e6 + Math.floor(ns / 1000) };
      const site = kind === 'sent' ? siteAt(this.name, name) : undefined;
      this.#endings.push({ kind, reason, port: name, frame, made, steps, next: undefined, site });
    };
    return {
      transmit: (...call) => {
        keep('sent', '', call);
        record.transmit(...call);
      },
      drop: (reason, ...call) => {
        keep('dropped', dropReasons[reason]?.name ?? '', call);
        record.drop(reason, ...call);
      },
      punt: (reason, ...call) => {
        keep('punted', puntReasons[reason]?.name ?? '', call);
        record.punt(reason, ...call);
      },
    };
  }
}

type FrameCall = Parameters<Output['transmit']>;

interface InjectHooks {
  /** Called just before the router gets the frame. */
  readonly depart?: () => void;
  /** Called with what the router did; what the next ones do is added to it later. */
  readonly arrive: (visit: Visit) => void;
}

/** A frame under way, to arrive at a port. */
interface Delivery extends Port, InjectHooks {
  readonly frame: Frame;
}

export class Network {
  readonly routers: ReadonlyMap<RouterName, LabRouter>;
  /** In order of time; those of one time in the order in which they were sent. */
  readonly #underWay: Delivery[] = [];

  private constructor(routers: ReadonlyMap<RouterName, LabRouter>) {
    this.routers = routers;
  }

  /** Loads and compiles the three configurations. `record` gets what a replay's output would get. */
  static async open(record: (name: RouterName, router: CompiledRouter) => Output): Promise<Network> {
    const routers = new Map<RouterName, LabRouter>();
    for (const name of routerNames) {
      const compiled = compileRouter(await loadConfig(labPath(`${name}.yaml`)));
      routers.set(name, new LabRouter(name, compiled, record(name, compiled)));
    }
    return new Network(routers);
  }

  /** A frame will come in at a port during `run`. */
  inject(at: Port, frame: Frame, hooks: InjectHooks): void {
    this.#send({ ...at, frame, ...hooks });
  }

  /** Until no frame is under way any more. */
  run(): void {
    for (let next = this.#underWay.shift(); next !== undefined; next = this.#underWay.shift()) {
      next.depart?.();
      const visit = (this.routers.get(next.router) as LabRouter).receive(next.port, next.frame);
      next.arrive(visit);
      for (const ending of visit.endings) this.#carry(visit.router, ending);
    }
    for (const router of this.routers.values()) router.finish();
  }

  /** Puts a sent frame on the cable behind its port, if that leads to a router. */
  #carry(router: RouterName, ending: Ending): void {
    if (ending.kind !== 'sent') return;
    for (const { ends, delay } of cables) {
      const from = ends.findIndex((end) => end.router === router && end.port === ending.port);
      if (from < 0) continue;
      const far = ends[1 - from] as Port;
      const frame = { bytes: ending.frame.bytes, time: ending.frame.time + delay };
      this.#send({
        ...far,
        frame,
        arrive: (visit) => {
          ending.next = visit;
        },
      });
    }
  }

  #send(delivery: Delivery): void {
    let at = this.#underWay.length;
    while (at > 0 && (this.#underWay[at - 1] as Delivery).frame.time > delivery.frame.time) at--;
    this.#underWay.splice(at, 0, delivery);
  }
}

export type { LabRouter };

/** Every ending of a journey, depth first, with the visit it belongs to. */
export function endingsOf(visit: Visit): { readonly visit: Visit; readonly ending: Ending }[] {
  return visit.endings.flatMap((ending) => [
    { visit, ending },
    ...(ending.next === undefined ? [] : endingsOf(ending.next)),
  ]);
}
