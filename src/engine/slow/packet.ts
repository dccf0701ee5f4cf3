// A frame in the hands of the slow path: as it arrived, untouched, and a working copy that labels are popped from
// and pushed onto. All lengths that rules judge are those on the wire; `…CapturedEnd` says what bytes are there.
import { copyBytes } from '../../wire/bytes.ts';
import type { Story } from './story.ts';

/** Free bytes before the working copy's first label or IP header: 16 labels, two tags and a header fit many times. */
const workHeadroom = 256;

export class Packet {
  // As it arrived.
  arrived: Uint8Array = new Uint8Array(0);
  start = 0;
  captured = 0;
  original = 0;
  port = 0;
  seconds = 0;
  nanoseconds = 0;
  /** Number of the arriving frame that this is, or whose cause it has. */
  number = 0;
  /** Made by the router: not counted as arriving, never answered by an ICMP error of its own. */
  made = false;

  /** The (sub-)interface of arrival; set by the link stage. */
  interface = 0;
  /** Offset in `arrived` behind the link header: the top label or the IP header. */
  network = 0;
  /** Arrived with labels; then entries of the stack. */
  labelled = false;
  stackEntries = 0;

  // The working copy.
  bytes: Uint8Array = new Uint8Array(workHeadroom + 2048);
  /** The top label or the IP header as it is now. */
  at = 0;
  /** The IP header once it is known (labels may be in front of it), else -1. */
  ip = -1;
  /** The Ethernet frame inside, service tags taken off, where the packet is one that a circuit carries, else -1. */
  frame = -1;
  /** PCP and DEI of the service tags taken off: of the inner or only one, and of the outer of QinQ. */
  innerPriority = 0;
  outerPriority = 0;
  /** `Payload` kind that the last label's entry gave for what lies beneath the stack. */
  payload = 0;
  /** End on the wire, and end of the bytes that are there. */
  end = 0;
  capturedEnd = 0;

  /** The table that holds the own address which it is for, else -1. */
  ownTable = -1;
  /** Label and table look-ups so far (LBL-12). */
  lookups = 0;
  /** Flow hash, computed when first needed; -1 before. */
  hash = -1;
  story: Story | undefined;

  /** Takes a frame as it arrived. */
  arrive(
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    port: number,
    seconds: number,
    nanoseconds: number,
  ): void {
    this.arrived = bytes;
    this.start = start;
    this.captured = captured;
    this.original = original;
    this.port = port;
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
    this.made = false;
    this.labelled = false;
    this.stackEntries = 0;
    this.payload = 0;
    this.frame = -1;
    this.innerPriority = 0;
    this.outerPriority = 0;
    this.lookups = 0;
    this.ownTable = -1;
    this.hash = -1;
    this.ip = -1;
    this.story = undefined;
  }

  /** Makes the working copy of everything from `network` on. */
  beginWork(network: number): void {
    const count = this.captured - (network - this.start);
    if (this.bytes.length < workHeadroom + count) this.bytes = new Uint8Array(workHeadroom + count);
    copyBytes(this.arrived, network, this.bytes, workHeadroom, count);
    this.network = network;
    this.at = workHeadroom;
    this.ip = -1;
    this.capturedEnd = workHeadroom + count;
    this.end = workHeadroom + this.original - (network - this.start);
  }

  /** Makes bytes from elsewhere the working copy: a frame that the router sends into a bridge. */
  load(bytes: Uint8Array, from: number, captured: number, original: number): void {
    if (this.bytes.length < workHeadroom + captured) this.bytes = new Uint8Array(workHeadroom + captured);
    copyBytes(bytes, from, this.bytes, workHeadroom, captured);
    this.at = workHeadroom;
    this.ip = -1;
    this.capturedEnd = workHeadroom + captured;
    this.end = workHeadroom + original;
  }

  /** Cuts what lies behind `end`. */
  trim(end: number): void {
    if (end >= this.end) return;
    this.end = end;
    this.capturedEnd = Math.min(this.capturedEnd, end);
  }

  /** Offset in `arrived` of what is at `at` in the working copy. */
  arrivedAt(at: number): number {
    return this.network + at - workHeadroom;
  }
}
