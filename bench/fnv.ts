// FNV-1a with 64 bits over frames that leave: port (4 bytes, little-endian), length (4 bytes), bytes. In two halves
// of 32 bits, since a BigInt a byte would take minutes.

const prime = 0x1b3;

export class FrameHash {
  #high = 0xcbf29ce4;
  #low = 0x84222325;

  addFrame(port: number, bytes: Uint8Array, start: number, length: number): void {
    this.#addWord(port);
    this.#addWord(length);
    for (let i = start; i < start + length; i++) this.#addByte(bytes[i]);
  }

  get text(): string {
    const hex = (word: number) => word.toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }

  #addWord(word: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.#addByte((word >>> shift) & 255);
  }

  /** h = (h ^ byte) × (2^40 + 0x1b3), modulo 2^64. */
  #addByte(byte: number): void {
    const low = (this.#low ^ byte) >>> 0;
    const product = low * prime;
    const carry = Math.floor(product / 0x1_0000_0000);
    this.#high = (Math.imul(this.#high, prime) + carry + (low << 8)) >>> 0;
    this.#low = product >>> 0;
  }
}
