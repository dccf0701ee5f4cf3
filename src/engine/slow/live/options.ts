// What a live run asks of the slow path beyond forwarding: limits and times, each with its default, and who hears of it.
import { type PuntName, puntReasons } from '../../reasons.ts';

export interface LiveEvent {
  /**
   * neighbor-up: its MAC address is known and it is in use. neighbor-moved: the MAC address is another one. neighbor-down:
   * it does not answer, paths over it are out of use. duplicate-address: somebody else on the link has our address; for
   * IPv6 found out at start it is not answered for until it is announced again.
   */
  readonly kind: 'neighbor-up' | 'neighbor-moved' | 'neighbor-down' | 'duplicate-address';
  readonly interface: number;
  /** Host-order words: one for IPv4, four for IPv6. */
  readonly address: readonly number[];
  /** The neighbour's, or that of whoever has our address. */
  readonly mac: { readonly high: number; readonly low: number } | undefined;
}

/** All have defaults; those of times are for routers, small ones for tests. */
export interface LiveOptions {
  readonly onEvent?: (event: LiveEvent) => void;
  /** By number of punt reason: frames a second, and at once, for each (sub-)interface of arrival. */
  readonly puntLimits?: readonly number[];
  /** Between two requests for one address; for as long is an address that has not answered not worth another one. */
  readonly requestIntervalSeconds?: number;
  /** A next hop that does not answer is asked for ever less often, down to once in this time. */
  readonly askIntervalSecondsMax?: number;
  /** From when on a neighbour is asked whether it is still there; times 0.5 to 1.5 by chance. IPv4 and IPv6. */
  readonly refreshSeconds4?: number;
  readonly refreshSeconds6?: number;
  /** Neighbours learned that no path leads to. */
  readonly learnedPerInterfaceMax?: number;
  /** Addresses that packets wait for. */
  readonly waitingPerInterfaceMax?: number;
  /** From 0 up to 1. */
  readonly random?: () => number;
}

export type LiveSettings = Required<LiveOptions>;

/** What a processor takes without forwarding suffering from it: a per cent or two of its time for each reason. */
const defaultPuntLimits: Readonly<Record<PuntName, number>> = {
  arp: 200,
  nd: 200,
  local: 5000,
  oam: 100,
  'router-alert': 100,
  'other-protocol': 1000,
  configured: 5000,
};

/** Requests for one address before it counts as dead (RFC 4861 MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT). */
export const requestsMax = 3;
/** Frames that one tick may make of each kind, so that ten ticks a second stay a small load. */
export const requestsPerTickMax = 100;

export function liveSettings(options: LiveOptions): LiveSettings {
  return {
    onEvent: () => undefined,
    requestIntervalSeconds: 1,
    askIntervalSecondsMax: 10,
    refreshSeconds4: 600,
    refreshSeconds6: 300,
    learnedPerInterfaceMax: 4096,
    waitingPerInterfaceMax: 128,
    random: Math.random,
    puntLimits: puntReasons.map(({ name }) => defaultPuntLimits[name]),
    ...options,
  };
}
