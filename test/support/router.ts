// A router in memory for tests: a configuration in, frames in, everything that happened out.
// Every call runs the frames through the fast engine and, in a second router, through the slow path alone,
// and insists on the same result: one behaviour suite over both speeds.
import type { DropName, PuntName } from '../../src/engine/reasons.ts';

export interface Sent {
  readonly port: string;
  readonly bytes: readonly number[] | Uint8Array;
  /** Length on the wire when the capture cut the frame; default: all of it. */
  readonly original?: number;
  /** Seconds since 1970, with a fraction if you like (kept to the nanosecond below 2^20 s); default 1. */
  readonly time?: number;
}

export interface Seen {
  readonly port: string;
  readonly bytes: Uint8Array;
  readonly original: number;
  readonly time: number;
}

export interface Result {
  /** In the order in which they left. */
  readonly out: readonly Seen[];
  readonly drops: readonly (Seen & { readonly reason: DropName })[];
  readonly punts: readonly (Seen & { readonly reason: PuntName })[];
  /** The books of this call: in + copied + made = out + punted + dropped + change of held. */
  readonly frames: {
    in: number;
    out: number;
    punted: number;
    dropped: number;
    copied: number;
    made: number;
    held: number;
  };
}

export interface TestRouter {
  /** Frames through the router; state (neighbours, rate limits) stays from call to call. */
  send(...frames: Sent[]): Result;
  /** The end of the input: what still waits for a neighbour is dropped. */
  finish(): Result;
  /** ECMP-3 through the tables' own interface: one write each. */
  setInterfaceUp(name: string, up: boolean): void;
  setNeighborUp(interfaceName: string, address: string, up: boolean): void;
  /** What compiling the configuration had to warn about (loops, unusable routes …). */
  readonly warnings: readonly string[];
}

export declare function openRouter(configYaml: string): TestRouter;
/** openRouter, send, finish in one: results of both calls joined. */
export declare function route(configYaml: string, ...frames: Sent[]): Result;
