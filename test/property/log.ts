// All that a forwarder says, as bytes that can be compared at once and read again where they differ.
//
//   record  length u32 | kind u8 | reason u8 | port u16 | captured u32 | original u32 | seconds u32 | nanoseconds u32 | bytes
import type { Explanation, Output } from '../../src/engine/output.ts';
import { dropReasons, puntReasons } from '../../src/engine/reasons.ts';
import { hexOf } from './frame.ts';

const headBytes = 24;
const Kind = { sent: 0, dropped: 1, punted: 2 } as const;

/** Called once for everything that happens, if somebody wants explanations checked. */
export type Listener = (
  sent: boolean,
  bytes: Uint8Array,
  start: number,
  captured: number,
  explanation: Explanation | undefined,
) => void;

export class Log {
  readonly output: Output;
  #buffer = Buffer.alloc(1 << 20);
  #length = 0;
  readonly #listen: Listener | undefined;

  constructor(listen?: Listener) {
    this.#listen = listen;
    this.output = {
      transmit: (...rest) => this.#add(Kind.sent, 0, ...rest),
      drop: (reason, ...rest) => this.#add(Kind.dropped, reason, ...rest),
      punt: (reason, ...rest) => this.#add(Kind.punted, reason, ...rest),
    };
  }

  clear(): void {
    this.#length = 0;
  }

  equals(other: Log): boolean {
    return this.#buffer.compare(other.#buffer, 0, other.#length, 0, this.#length) === 0;
  }

  #add(
    kind: number,
    reason: number,
    ...[port, bytes, start, captured, original, s, ns, why]: Parameters<Output['transmit']>
  ): void {
    this.#listen?.(kind === Kind.sent, bytes, start, captured, why);
    const length = headBytes + captured;
    if (this.#length + length > this.#buffer.length) {
      this.#buffer = Buffer.concat([this.#buffer], 2 * this.#buffer.length + length);
    }
    const at = this.#length;
    this.#buffer.writeUInt32LE(length, at);
    this.#buffer[at + 4] = kind;
    this.#buffer[at + 5] = reason;
    this.#buffer.writeUInt16LE(port, at + 6);
    this.#buffer.writeUInt32LE(captured, at + 8);
    this.#buffer.writeUInt32LE(original, at + 12);
    this.#buffer.writeUInt32LE(s, at + 16);
    this.#buffer.writeUInt32LE(ns, at + 20);
    this.#buffer.set(bytes.subarray(start, start + captured), at + headBytes);
    this.#length = at + length;
  }

  /** In words, one line for each thing that happened. */
  lines(ports: readonly string[]): string[] {
    const lines: string[] = [];
    for (let at = 0; at < this.#length; at += this.#buffer.readUInt32LE(at)) lines.push(this.#line(at, ports));
    return lines;
  }

  #line(at: number, ports: readonly string[]): string {
    const buffer = this.#buffer;
    const reason = buffer[at + 5] as number;
    const kind = buffer[at + 4];
    const what =
      kind === Kind.sent
        ? 'sent'
        : kind === Kind.dropped
          ? `dropped ${dropReasons[reason]?.name}`
          : `punted ${puntReasons[reason]?.name}`;
    const captured = buffer.readUInt32LE(at + 8);
    const time = `${buffer.readUInt32LE(at + 16)}.${String(buffer.readUInt32LE(at + 20)).padStart(9, '0')}`;
    const bytes = hexOf(buffer.subarray(at + headBytes, at + headBytes + captured));
    return `${what} ${ports[buffer.readUInt16LE(at + 6)]} original ${buffer.readUInt32LE(at + 12)} at ${time}: ${bytes}`;
  }
}
