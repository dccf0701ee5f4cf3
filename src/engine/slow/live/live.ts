// The live side of the slow path: time that passes without frames, limits for what is punted, neighbours kept up, own
// addresses announced, control ports. A replay has none of it. Each concern is a file beside this one.
import { Adjacency } from '../../../tables/adjacencies.ts';
import type { Tables } from '../../../tables/tables.ts';
import type { Output } from '../../output.ts';
import { Punt, type PuntName, puntReasons } from '../../reasons.ts';
import { sweepMacs } from '../bridge.ts';
import type { SlowContext } from '../context.ts';
import { dropHeld } from '../forward.ts';
import type { ErrorLimiter } from '../limiter.ts';
import type { Packet } from '../packet.ts';
import { Announcer } from './announce.ts';
import { Buckets } from './buckets.ts';
import { Clock } from './clock.ts';
import { ControlPorts } from './control-port.ts';
import { announceActions, requestAt } from './frames.ts';
import { type LiveOptions, type LiveSettings, liveSettings } from './options.ts';
import { Upkeep } from './upkeep.ts';
import { LiveWaitlist } from './waiting.ts';

/** MAC addresses that a tick looks at: three times what a million of them, heard of once in five minutes, call for. */
const sweptEachTick = 1024;

export class Live {
  readonly settings: LiveSettings;
  readonly clock = new Clock();
  readonly control: ControlPorts;
  readonly upkeep: Upkeep;
  readonly announcer: Announcer;
  readonly waitlist: LiveWaitlist;
  /** `router.icmp`, on a clock that is never set back. */
  readonly errorLimiter: ErrorLimiter;
  readonly errors: Buckets;
  readonly #punts: Buckets;

  constructor(tables: Tables, output: Output, options: LiveOptions) {
    const { interfaces, adjacencies } = tables;
    const { interfaceCount } = interfaces;
    const settings = liveSettings(options);
    this.settings = settings;
    this.control = new ControlPorts(tables, output);
    this.upkeep = new Upkeep(adjacencies, interfaces, settings);
    this.announcer = new Announcer(interfaces, settings);
    this.waitlist = new LiveWaitlist(interfaceCount, settings, this.clock, (interfaceIndex, address) => {
      const adjacency = adjacencies.find(interfaceIndex, address);
      return adjacency < 0 ? Number.NEGATIVE_INFINITY : this.upkeep.askedAt(adjacency);
    });
    const limits = settings.puntLimits.map((rate) => ({ rate, burst: rate }));
    this.#punts = new Buckets(interfaceCount * limits.length, limits);
    const { icmpRate: rate, icmpBurst: burst } = tables.settings;
    this.errors = new Buckets(interfaceCount, [{ rate, burst }]);
    this.errorLimiter = {
      take: (interfaceIndex, seconds, nanoseconds) =>
        this.errors.take(interfaceIndex, this.clock.read(seconds, nanoseconds)),
    };
  }

  nowOf(packet: Packet): number {
    return this.clock.read(packet.seconds, packet.nanoseconds);
  }

  /** Whether a packet that is to be punted is within the rate; if so it counts. What the router made itself is not limited. */
  admits(packet: Packet, reason: PuntName): boolean {
    if (packet.made) return true;
    return this.#punts.take(packet.interface * puntReasons.length + Punt[reason], this.nowOf(packet));
  }

  /** Whether a frame of the interface would be admitted at the clock's time. */
  wouldAdmit(interfaceIndex: number, reason: number, now: number): boolean {
    return this.#punts.has(interfaceIndex * puntReasons.length + reason, now);
  }

  /** Does what is due by now. */
  tick(context: SlowContext, seconds: number, nanoseconds: number): void {
    const now = this.clock.read(seconds, nanoseconds);
    const { adjacencies, macs, circuits } = context.tables;
    sweepMacs(macs, circuits, seconds, nanoseconds, sweptEachTick);
    this.waitlist.tick(now, {
      request: (interfaceIndex, address) => requestAt(context, interfaceIndex, address, seconds, nanoseconds),
      drop: (held) => dropHeld(context, held),
    });
    this.upkeep.tick(now, {
      isAsking: (index) => this.waitlist.isAsking(adjacencies.interfaceOf(index), adjacencies.addressOf(index)),
      request: (index) => {
        const isKnown = (adjacencies.flags(index) & Adjacency.resolved) !== 0;
        const mac = isKnown ? adjacencies.macOf(index) : undefined;
        const interfaceIndex = adjacencies.interfaceOf(index);
        requestAt(context, interfaceIndex, adjacencies.addressOf(index), seconds, nanoseconds, mac);
      },
    });
    this.announcer.tick(now, announceActions(context, seconds, nanoseconds));
  }
}
