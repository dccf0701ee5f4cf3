// What passes the pipes between a cap device and its processes: frames as records, a length of 32 bits and the bytes.

export const lengthBytes = 4;
/** cap's own limit on a frame. */
export const snapBytes = 65_535;
/** How a process ends by itself. */
export const CapExit = { refused: 2, noPackage: 3 } as const;

/** Puts records back together that arrive in pieces. */
export class RecordParser {
  readonly #frame: (bytes: Uint8Array, start: number, length: number) => void;
  #held = new Uint8Array(0);

  constructor(frame: (bytes: Uint8Array, start: number, length: number) => void) {
    this.#frame = frame;
  }

  /** Hands on every frame that is complete. False: these are no records. */
  push(piece: Uint8Array): boolean {
    let bytes = piece;
    if (this.#held.length > 0) {
      bytes = new Uint8Array(this.#held.length + piece.length);
      bytes.set(this.#held);
      bytes.set(piece, this.#held.length);
    }
    let at = 0;
    while (bytes.length - at >= lengthBytes) {
      const length = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
      if (length > snapBytes) return false;
      if (bytes.length - at < lengthBytes + length) break;
      this.#frame(bytes, at + lengthBytes, length);
      at += lengthBytes + length;
    }
    this.#held = bytes.slice(at);
    return true;
  }
}
