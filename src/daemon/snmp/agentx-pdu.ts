// AgentX as it comes from a master (RFC 2741, sections 5 and 6): a stream cut into PDUs, and requests read. net-snmp takes
// every piece of the stream for one PDU and leaves out what a search begins with and where it ends, so this is done here.
import type { Oid } from './oid.ts';

export const headerBytes = 20;
/** More than any master sends; what claims to be longer is no AgentX. */
export const pduBytesMax = 1 << 20;
const networkByteOrder = 0x10;
const nonDefaultContext = 0x08;
const subidsMax = 128;

export const PduType = {
  close: 2,
  get: 5,
  getNext: 6,
  getBulk: 7,
  testSet: 8,
  commitSet: 9,
  undoSet: 10,
  cleanupSet: 11,
  response: 18,
} as const;

/** Errors in responses: of RFC 2741, section 7.3, and of RFC 3416. */
export const AgentXError = {
  none: 0,
  genErr: 5,
  commitFailed: 14,
  undoFailed: 15,
  notWritable: 17,
  notOpen: 257,
  unsupportedContext: 262,
  duplicateRegistration: 263,
  parseError: 266,
  requestDenied: 267,
  processingError: 268,
} as const;

export interface PduHeader {
  readonly type: number;
  readonly flags: number;
  readonly sessionId: number;
  readonly transactionId: number;
  readonly packetId: number;
}

export interface SearchRange {
  readonly start: Oid;
  readonly isInclusive: boolean;
  /** undefined: none. */
  readonly end: Oid | undefined;
}

export interface SearchRequest {
  readonly nonRepeaters: number;
  readonly maxRepetitions: number;
  readonly ranges: readonly SearchRange[];
}

/** Cuts a stream into PDUs. Throws for what cannot be AgentX in network byte order: the stream is of no use then. */
export class PduStream {
  #rest: Buffer = Buffer.alloc(0);

  /** The PDUs that are whole now. */
  *take(piece: Buffer): Generator<Buffer> {
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    while (this.#rest.length >= headerBytes) {
      if (this.#rest[0] !== 1) throw new Error(`AgentX version ${this.#rest[0]}, not 1`);
      if (((this.#rest[2] as number) & networkByteOrder) === 0)
        throw new Error('a PDU that is not in network byte order');
      const bytes = headerBytes + this.#rest.readUInt32BE(16);
      if (bytes > pduBytesMax) throw new Error(`a PDU of ${bytes} bytes`);
      if (this.#rest.length < bytes) return;
      const pdu = this.#rest.subarray(0, bytes);
      this.#rest = this.#rest.subarray(bytes);
      yield pdu;
    }
  }
}

/** Of a whole PDU. */
export function readHeader(pdu: Buffer): PduHeader {
  return {
    type: pdu.readUInt8(1),
    flags: pdu.readUInt8(2),
    sessionId: pdu.readUInt32BE(4),
    transactionId: pdu.readUInt32BE(8),
    packetId: pdu.readUInt32BE(12),
  };
}

export function namesContext({ flags }: PduHeader): boolean {
  return (flags & nonDefaultContext) !== 0;
}

class Reader {
  readonly #bytes: Buffer;
  #at = headerBytes;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  uint16(): number {
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  /** An object identifier, and its include field. */
  oid(): { readonly oid: Oid; readonly include: boolean } {
    const [count, prefix, include] = [0, 1, 2].map((i) => this.#bytes.readUInt8(this.#at + i)) as [
      number,
      number,
      number,
    ];
    if (count > subidsMax) throw new RangeError('too long an object identifier');
    this.#at += 4;
    const oid = prefix === 0 ? [] : [1, 3, 6, 1, prefix];
    for (let i = 0; i < count; i++, this.#at += 4) oid.push(this.#bytes.readUInt32BE(this.#at));
    return { oid, include: include !== 0 };
  }
}

/** The search ranges of a Get, GetNext or GetBulk without a context; undefined when it cannot be read. */
export function readSearch(pdu: Buffer, type: number): SearchRequest | undefined {
  const reader = new Reader(pdu);
  const ranges: SearchRange[] = [];
  try {
    const isBulk = type === PduType.getBulk;
    const nonRepeaters = isBulk ? reader.uint16() : 0;
    const maxRepetitions = isBulk ? reader.uint16() : 1;
    while (!reader.isAtEnd) {
      const start = reader.oid();
      const end = reader.oid();
      ranges.push({ start: start.oid, isInclusive: start.include, end: end.oid.length === 0 ? undefined : end.oid });
    }
    return { nonRepeaters, maxRepetitions, ranges };
  } catch {
    // Buffer says RangeError where a PDU ends too soon.
    return undefined;
  }
}
