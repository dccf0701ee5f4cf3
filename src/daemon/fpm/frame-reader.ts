// FPM as a stream: frames of netlink messages, cut out of whatever pieces arrive. What is kept between two pieces is less
// than a frame, so a sender cannot make it grow.
//
//   frame  | version u8 = 1 | type u8 = 1 (netlink) | length u16, big-endian, with these 4 bytes | messages |
import { messageAt, type NetlinkMessage } from '../../wire/netlink.ts';

const headerBytes = 4;
const version = 1;
const netlinkType = 1;
const protobufType = 2;

export type MessageReader = (bytes: Uint8Array, message: NetlinkMessage) => string | undefined;

export class FrameReader {
  readonly #read: MessageReader;
  #rest: Uint8Array = new Uint8Array();

  /** `read` is given each message; it answers what is wrong with it, if anything. */
  constructor(read: MessageReader) {
    this.#read = read;
  }

  /** Bytes of a frame that has not come to its end yet. */
  get waiting(): number {
    return this.#rest.length;
  }

  /** Takes the next piece. Answers what is damaged; nothing more can be read then. */
  take(piece: Uint8Array): string | undefined {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let at = 0;
    while (at + headerBytes <= bytes.length) {
      const damage = headerDamage(bytes, at);
      if (damage !== undefined) return damage;
      const end = at + ((bytes[at + 2] << 8) | bytes[at + 3]);
      if (end > bytes.length) break;
      const wrong = this.#readFrame(bytes, at + headerBytes, end);
      if (wrong !== undefined) return wrong;
      at = end;
    }
    // A copy: the piece is the socket's, and may be large.
    this.#rest = bytes.slice(at);
    return undefined;
  }

  #readFrame(bytes: Uint8Array, start: number, end: number): string | undefined {
    let at = start;
    while (at < end) {
      const message = messageAt(bytes, at, end);
      if (message === undefined) return `a frame of ${end - start} bytes holds no whole message at ${at - start}`;
      const wrong = this.#read(bytes, message);
      if (wrong !== undefined) return wrong;
      at = message.next;
    }
    return undefined;
  }
}

function headerDamage(bytes: Uint8Array, at: number): string | undefined {
  if (bytes[at] !== version) return `version ${bytes[at]} instead of ${version}`;
  if (bytes[at + 1] === protobufType) return 'protobuf instead of netlink: zebra is to run with -M dplane_fpm_nl';
  if (bytes[at + 1] !== netlinkType) return `type ${bytes[at + 1]} instead of netlink`;
  const length = (bytes[at + 2] << 8) | bytes[at + 3];
  return length < headerBytes ? `a frame of ${length} bytes` : undefined;
}
