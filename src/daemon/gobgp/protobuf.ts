// Protocol Buffers as far as GoBGP's messages need them: fields read one after the other where they lie, without objects, and
// small messages written. Relies on nothing. https://protobuf.dev/programming-guides/encoding

/** A message that cannot be what it says: cut short, or of a wire type that nobody sends. */
export class MessageError extends Error {}

export const Wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const varintBytesMax = 10;

/** Walks over the fields of a message; what is beneath a field is walked over by going to its `start`. */
export class Reader {
  readonly bytes: Buffer;
  at = 0;
  /** Of the field that `next` went to. */
  field = 0;
  wire = 0;
  /** Of a varint; beyond 2^53 it is not exact. */
  value = 0;
  /** Of bytes, text or a message. */
  start = 0;
  stop = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Goes to the next field of a message that ends at `end`. False: there is none. Throws MessageError. */
  next(end: number): boolean {
    if (this.at >= end) return false;
    const tag = this.#varint(end);
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field === 0) throw new MessageError('a field has the number 0');
    if (this.wire === Wire.varint) this.value = this.#varint(end);
    else if (this.wire === Wire.bytes) {
      const length = this.#varint(end);
      this.start = this.at;
      this.#skip(length, end);
      this.stop = this.at;
    } else if (this.wire === Wire.fixed64) this.#skip(8, end);
    else if (this.wire === Wire.fixed32) this.#skip(4, end);
    else throw new MessageError(`a field has the wire type ${this.wire}`);
    return true;
  }

  /** The first of packed numbers, or the number that stands alone; undefined: there is none. */
  firstOfPacked(): number | undefined {
    if (this.wire === Wire.varint) return this.value;
    if (this.wire !== Wire.bytes || this.start === this.stop) return undefined;
    const after = this.at;
    this.at = this.start;
    const value = this.#varint(this.stop);
    this.at = after;
    return value;
  }

  /** Numbers in a packed field. */
  packedCount(): number {
    if (this.wire !== Wire.bytes) return 1;
    let count = 0;
    for (let i = this.start; i < this.stop; i++) if (this.bytes[i] < 0x80) count++;
    return count;
  }

  is(field: number): boolean {
    return this.field === field;
  }

  /** Whether it is this field, and has bytes, text or a message. */
  holds(field: number): boolean {
    return this.field === field && this.wire === Wire.bytes;
  }

  /** Whether the field holds bytes: where a message or text is expected and something else is, there is nothing. */
  get isBytes(): boolean {
    return this.wire === Wire.bytes;
  }

  text(): string {
    return textOf(this.bytes, this.start, this.stop);
  }

  #skip(bytes: number, end: number): void {
    if (bytes > end - this.at) throw new MessageError('a field goes beyond its message');
    this.at += bytes;
  }

  #varint(end: number): number {
    const { bytes } = this;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < varintBytesMax; i++) {
      if (this.at >= end) throw new MessageError('a number goes beyond its message');
      const byte = bytes[this.at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new MessageError('a number has no end');
  }
}

/** Bytes as text, each a character: what GoBGP sends as text is ASCII. */
export function textOf(bytes: Buffer, start: number, stop: number): string {
  return bytes.toString('latin1', start, stop);
}

export function hasBytes(bytes: Uint8Array, start: number, stop: number, wanted: Uint8Array): boolean {
  if (stop - start !== wanted.length) return false;
  // From the end: types of messages begin alike.
  for (let i = wanted.length - 1; i >= 0; i--) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}

const encoder = new TextEncoder();
const writerBytesMin = 128;

/** Writes messages. Absent numbers and texts (0, '') are left out, as proto3 has it. */
export class Writer {
  #bytes = new Uint8Array(writerBytesMin);
  #length = 0;

  number(field: number, value: number): this {
    if (value === 0) return this;
    this.#room(2 * varintBytesMax);
    this.#varint(field * 8 + Wire.varint);
    this.#varint(value);
    return this;
  }

  text(field: number, text: string): this {
    return text === '' ? this : this.message(field, encoder.encode(text));
  }

  /** Bytes or a message that is written already; empty ones too. */
  message(field: number, bytes: ArrayLike<number>): this {
    this.#room(2 * varintBytesMax + bytes.length);
    this.#varint(field * 8 + Wire.bytes);
    this.#varint(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  packed(field: number, values: readonly number[]): this {
    const inner = new Writer();
    for (const value of values) {
      inner.#room(varintBytesMax);
      inner.#varint(value);
    }
    return this.message(field, inner.done());
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #room(bytes: number): void {
    const wanted = this.#length + bytes;
    if (wanted <= this.#bytes.length) return;
    const before = this.#bytes;
    this.#bytes = new Uint8Array(Math.max(wanted, before.length * 2));
    this.#bytes.set(before);
  }

  #varint(value: number): void {
    let left = value;
    while (left >= 0x80) {
      this.#bytes[this.#length++] = (left % 128) | 0x80;
      left = Math.floor(left / 128);
    }
    this.#bytes[this.#length++] = left;
  }
}
