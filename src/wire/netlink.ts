// Netlink (RFC 3549): messages of the Linux kernel and of zebra's FPM as bytes. Headers in little-endian order, the order
// of the machines this runs on. Reading is bounded: whatever the bytes say, every walk ends and nothing throws.
//
//   message    | length u32 | type u16 | flags u16 | sequence u32 | port u32 | header of its family | attributes | pad to 4
//   attribute  | length u16 | type u16 | value | pad to 4                     lengths count their own header, not the pad
import { type Bytes, readLittle32 } from './bytes.ts';

export const messageHeaderBytes = 16;
export const attributeHeaderBytes = 4;

/** Message types that are the same for all families. */
export const NetlinkType = { noop: 1, error: 2, done: 3, overrun: 4 } as const;

export const NetlinkFlag = {
  request: 0x1,
  multi: 0x2,
  ack: 0x4,
  /** In a part of a dump: the kernel's list changed meanwhile; ask again. */
  dumpInterrupted: 0x10,
  /** Get requests: all there is. */
  dump: 0x300,
  /** New requests, and in what FPM sends. */
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
  /** In an error: attributes follow that explain it. */
  ackAttributes: 0x200,
  /** In an error: of the request only the header is repeated. */
  ackCapped: 0x100,
} as const;

/** Bytes from `start` up to `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One message; its span is what follows the 16 bytes of the header. */
export interface NetlinkMessage extends Span {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly port: number;
  /** Where the next one begins. */
  readonly next: number;
}

/** `value` up to the next multiple of 4. */
export function aligned(value: number): number {
  return (value + 3) & ~3;
}

export function readLittle16(bytes: Bytes, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

export function writeLittle16(bytes: Bytes, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function writeLittle32(bytes: Bytes, at: number, value: number): void {
  writeLittle16(bytes, at, value);
  writeLittle16(bytes, at + 2, value >>> 16);
}

/** The message that begins at `at`, or undefined where no whole one lies before `end`. */
export function messageAt(bytes: Bytes, at: number, end: number): NetlinkMessage | undefined {
  if (at + messageHeaderBytes > end) return undefined;
  const length = readLittle32(bytes, at);
  if (length < messageHeaderBytes || at + length > end) return undefined;
  return {
    type: readLittle16(bytes, at + 4),
    flags: readLittle16(bytes, at + 6),
    sequence: readLittle32(bytes, at + 8),
    port: readLittle32(bytes, at + 12),
    start: at + messageHeaderBytes,
    end: at + length,
    next: at + aligned(length),
  };
}

export interface Messages {
  readonly messages: readonly NetlinkMessage[];
  /** Bytes were left that are no whole message. */
  readonly isDamaged: boolean;
}

/** All messages between two places. */
export function readMessages(bytes: Bytes, start: number, end: number): Messages {
  const messages: NetlinkMessage[] = [];
  let at = start;
  for (let message = messageAt(bytes, at, end); message !== undefined; message = messageAt(bytes, at, end)) {
    messages.push(message);
    at = message.next;
  }
  return { messages, isDamaged: at < end };
}

/** Values by type, without the flags for nested and for byte order. Of a type that comes twice the last one counts. */
export type Attributes = ReadonlyMap<number, Span>;

const attributeTypeMask = 0x3fff;
export const nestedFlag = 0x8000;

/** The attributes between two places, or undefined when they are damaged. Less than a header at the end is padding. */
export function readAttributes(bytes: Bytes, start: number, end: number): Attributes | undefined {
  if (start > end) return undefined;
  const attributes = new Map<number, Span>();
  let at = start;
  while (at + attributeHeaderBytes <= end) {
    const length = readLittle16(bytes, at);
    if (length < attributeHeaderBytes || at + length > end) return undefined;
    attributes.set(readLittle16(bytes, at + 2) & attributeTypeMask, {
      start: at + attributeHeaderBytes,
      end: at + length,
    });
    at += aligned(length);
  }
  return attributes;
}

/** The 32-bit number in a span; undefined where there is none or it is too short. */
export function numberIn(bytes: Bytes, span: Span | undefined): number | undefined {
  return span === undefined || span.end - span.start < 4 ? undefined : readLittle32(bytes, span.start);
}

/** Text up to the first zero byte; undefined where there is no span. Bytes outside ASCII are taken as Latin-1. */
export function textIn(bytes: Bytes, span: Span | undefined): string | undefined {
  if (span === undefined) return undefined;
  let text = '';
  for (let at = span.start; at < span.end && bytes[at] !== 0; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}

/** A copy of the bytes of a span. */
export function bytesIn(bytes: Bytes, span: Span | undefined): Uint8Array | undefined {
  return span === undefined ? undefined : bytes.slice(span.start, span.end);
}

/** What the kernel answers to a request: `errno` 0 is an acknowledgement. */
export interface Acknowledgement {
  readonly errno: number;
  /** The kernel's own words, where it has any (NLMSGERR_ATTR_MSG). */
  readonly explanation: string | undefined;
}

const explanationAttribute = 1;

/** Of a message of type error or done; undefined when it is damaged. */
export function readAcknowledgement(bytes: Bytes, message: NetlinkMessage): Acknowledgement | undefined {
  const { start, end, type, flags } = message;
  if (start + 4 > end) return type === NetlinkType.done ? { errno: 0, explanation: undefined } : undefined;
  const errno = 0 - (readLittle32(bytes, start) | 0);
  if ((flags & NetlinkFlag.ackAttributes) === 0) return { errno, explanation: undefined };
  let at = start + 4;
  if (type === NetlinkType.error) {
    if (at + messageHeaderBytes > end) return undefined;
    at += (flags & NetlinkFlag.ackCapped) !== 0 ? messageHeaderBytes : aligned(readLittle32(bytes, at));
  }
  const attributes = at > end ? undefined : readAttributes(bytes, at, end);
  return { errno, explanation: textIn(bytes, attributes?.get(explanationAttribute)) };
}

/** An attribute with its padding. */
export function attribute(type: number, value: Bytes): Uint8Array {
  const built = new Uint8Array(aligned(attributeHeaderBytes + value.length));
  writeLittle16(built, 0, attributeHeaderBytes + value.length);
  writeLittle16(built, 2, type);
  built.set(value, attributeHeaderBytes);
  return built;
}

export function numberAttribute(type: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeLittle32(bytes, 0, value);
  return attribute(type, bytes);
}

/** ASCII text, with the zero byte at its end. */
export function textAttribute(type: number, text: string): Uint8Array {
  return attribute(
    type,
    Uint8Array.from([...text, '\0'], (letter) => letter.charCodeAt(0)),
  );
}

/** An attribute made of others. */
export function nestedAttribute(type: number, ...inner: readonly Bytes[]): Uint8Array {
  return attribute(type | nestedFlag, joined(inner));
}

/** A whole message: its header, that of its family, attributes. */
export function buildMessage(
  type: number,
  flags: number,
  sequence: number,
  familyHeader: Bytes,
  ...attributes: readonly Bytes[]
): Uint8Array {
  const body = joined([familyHeader, ...attributes]);
  const built = new Uint8Array(messageHeaderBytes + body.length);
  writeLittle32(built, 0, built.length);
  writeLittle16(built, 4, type);
  writeLittle16(built, 6, flags);
  writeLittle32(built, 8, sequence);
  built.set(body, messageHeaderBytes);
  return built;
}

function joined(parts: readonly Bytes[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
