// What the stages of the slow path share: tables, books, the three ways in which a frame ends, and the way in for
// frames that the router makes itself.
import { interfaceWords, portWords } from '../../tables/interfaces.ts';
import type { Tables } from '../../tables/tables.ts';
import type { Accounts } from '../accounts.ts';
import { type Counters, Total } from '../counters.ts';
import type { Output } from '../output.ts';
import { Drop, type DropName, Punt, type PuntName } from '../reasons.ts';
import type { ErrorLimiter } from './limiter.ts';
import type { Live } from './live/live.ts';
import type { Waitlist } from './neighbors.ts';
import { Packet } from './packet.ts';
import type { StormControl } from './storm.ts';
import { type Names, Story } from './story.ts';

/** A frame of the router's own for a bridge, valid during the call. */
export interface BridgeFrame {
  /** The circuit that the router's interface is. */
  readonly circuit: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly captured: number;
  readonly original: number;
  readonly made: boolean;
}

export interface SlowContext {
  readonly tables: Tables;
  readonly output: Output;
  readonly counters: Counters;
  /** Present when somebody wants to know what labels, routes and circuits had to do. */
  readonly accounts: Accounts | undefined;
  readonly limiter: ErrorLimiter;
  readonly neighbors: Waitlist;
  /** Of a live run only. */
  readonly live: Live | undefined;
  readonly storms: StormControl;
  /** Present when somebody wants explanations. */
  readonly names: Names | undefined;
  /** Working packets not in use. */
  readonly spare: Packet[];
  /** Takes what is sent by a port that is the router's own interface in a bridge (src/engine/slow/routed-bridge.ts). */
  readonly sendIntoBridge: (context: SlowContext, packet: Packet, frame: BridgeFrame) => void;
}

export function takePacket(context: SlowContext): Packet {
  return context.spare.pop() ?? new Packet();
}

export function givePacket(context: SlowContext, packet: Packet): void {
  if (context.spare.length < 8) context.spare.push(packet);
}

/** A packet that the router makes because of `cause`: it has the cause's port, time and number. */
export function makePacket(context: SlowContext, cause: Packet, bytes: Uint8Array): Packet {
  const made = takePacket(context);
  made.arrive(bytes, 0, bytes.length, bytes.length, cause.port, cause.seconds, cause.nanoseconds);
  made.made = true;
  made.interface = cause.interface;
  made.number = cause.number;
  if (context.names !== undefined) made.story = new Story(context.names, cause.number);
  countMade(context);
  return made;
}

export function countMade(context: SlowContext): void {
  context.counters.totals[Total.made] = context.counters.made + 1;
}

/** A frame that ends before any stage could speak of it says at least where it came in, and how long it is. */
function introduce(packet: Packet): void {
  const { story } = packet;
  if (story === undefined || story.steps.length > 0) return;
  const cut = packet.captured < packet.original ? `, ${packet.captured} captured` : '';
  story.step(`${story.names.port(packet.port)}: frame of ${packet.original} bytes${cut}`);
}

export function drop(context: SlowContext, packet: Packet, reason: DropName): void {
  introduce(packet);
  const number = Drop[reason];
  context.counters.drops[number] = (context.counters.drops[number] as number) + 1;
  context.output.drop(
    number,
    packet.port,
    packet.arrived,
    packet.start,
    packet.captured,
    packet.original,
    packet.seconds,
    packet.nanoseconds,
    packet.story?.tell(packet.made, `dropped: ${reason}`),
  );
}

export function punt(context: SlowContext, packet: Packet, reason: PuntName): void {
  punts(context, packet, reason);
}

/**
 * The same for those who then go on, to learn or to answer. False: it was beyond the rate of a live run and dropped as
 * `punt-limited`, and nothing more is done about it.
 */
export function punts(context: SlowContext, packet: Packet, reason: PuntName): boolean {
  if (context.live?.admits(packet, reason) === false) {
    drop(context, packet, 'punt-limited');
    return false;
  }
  const number = Punt[reason];
  context.counters.punts[number] = (context.counters.punts[number] as number) + 1;
  context.output.punt(
    number,
    packet.port,
    packet.arrived,
    packet.start,
    packet.captured,
    packet.original,
    packet.seconds,
    packet.nanoseconds,
    packet.story?.tell(packet.made, `punted: ${reason}`),
  );
  context.live?.control.hand(packet);
  return true;
}

/** Sends `bytes` from `start` by the port of a (sub-)interface, for `packet`. */
export function transmit(
  context: SlowContext,
  packet: Packet,
  interfaceIndex: number,
  bytes: Uint8Array,
  start: number,
  captured: number,
  original: number,
  made = packet.made,
): void {
  const { counters, tables } = context;
  const port = tables.interfaces.interfaces[interfaceIndex * interfaceWords + 1] as number;
  context.accounts?.leftBy(interfaceIndex, original);
  const circuit = tables.interfaces.ports[port * portWords + 4] as number;
  if (circuit !== 0) {
    return context.sendIntoBridge(context, packet, { circuit, bytes, start, captured, original, made });
  }
  counters.outFrames[port] = (counters.outFrames[port] as number) + 1;
  counters.outBytes[port] = (counters.outBytes[port] as number) + original;
  context.output.transmit(
    port,
    bytes,
    start,
    captured,
    original,
    packet.seconds,
    packet.nanoseconds,
    packet.story?.tell(made),
  );
}

/**
 * Whether `count` bytes at `at` of the working copy are there. When they are not the packet is dropped: as `reason`
 * when the frame itself ends before, as `snapped` when only the capture does.
 */
export function need(context: SlowContext, packet: Packet, at: number, count: number, reason: DropName): boolean {
  if (at + count <= packet.capturedEnd) return true;
  drop(context, packet, at + count > packet.end ? reason : 'snapped');
  return false;
}
