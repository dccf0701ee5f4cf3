// gzip and zstd on the way in, recognised by their magic bytes. Both are fed in small pieces, so that what one
// piece may expand to (deflate 1:1032, zstd 1:30,000 and more) stays within the memory bound.
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { type ByteInput, StreamDamage, withPrefix } from './byte-input.ts';

const gzipMagic = [0x1f, 0x8b];
const zstdMagic = [0x28, 0xb5, 0x2f, 0xfd];
/** A frame to be skipped, such as pzstd puts first; the lower half of its first byte is free. */
const zstdSkippableMagic = [0x50, 0x2a, 0x4d, 0x18];
const gzipPieceBytes = 16 * 1024;
const zstdPieceBytes = 2 * 1024;

/** Answers the input itself, or a decompressor around it. */
export async function decompressed(input: ByteInput): Promise<{ input: ByteInput; compressed: boolean }> {
  const head = new Uint8Array(zstdMagic.length);
  let count = 0;
  while (count < head.length) {
    const more = await input.read(head, count, head.length - count);
    if (more === 0) break;
    count += more;
  }
  const whole = withPrefix(input, head.subarray(0, count));
  const begins = (magic: readonly number[], mask = 0xff) =>
    magic.every((byte, index) => index < count && byte === (index === 0 ? head[0] & mask : head[index]));
  if (begins(gzipMagic)) return { input: around(whole, gzipDecoder, gzipPieceBytes), compressed: true };
  if (begins(zstdMagic) || begins(zstdSkippableMagic, 0xf0)) {
    return { input: around(whole, zstdDecoder, zstdPieceBytes), compressed: true };
  }
  return { input: whole, compressed: false };
}

/** Turns pieces of compressed bytes into pieces of plain ones. */
interface Decoder {
  /** Decodes one piece; an empty one says that the input ends. Throws StreamDamage, after putting out what came before. */
  push(piece: Uint8Array): void | Promise<void>;
  /** Set by the owner: takes what comes out. */
  put: (bytes: Uint8Array) => void;
  close(): void;
}

// Not Node's own zstd, where there is one: after the first frame of several it ends, or fails (seen in 24.21), and
// files of several frames are what pzstd and `cat` make.
function zstdDecoder(): Decoder {
  const inner = new Decompress();
  const decoder: Decoder = {
    put: () => {},
    push(piece) {
      try {
        inner.push(piece, piece.length === 0);
      } catch (error) {
        throw new StreamDamage(`zstd stream is damaged (${(error as Error).message})`);
      }
    },
    close() {},
  };
  inner.ondata = (bytes) => decoder.put(bytes);
  return decoder;
}

function gzipDecoder(): Decoder {
  const stream = createGunzip();
  let failure: Error | undefined;
  let settle = () => {};
  stream.on('error', (error) => {
    failure ??= error;
    settle();
  });
  const decoder: Decoder = {
    put: () => {},
    async push(piece) {
      await new Promise<void>((resolve) => {
        settle = resolve;
        if (failure !== undefined) resolve();
        else if (piece.length === 0) stream.end();
        else {
          stream.write(piece, (error) => {
            failure ??= error ?? undefined;
            resolve();
          });
        }
      });
      if (failure !== undefined) throw new StreamDamage(`gzip stream is damaged (${failure.message})`);
    },
    close: () => stream.destroy(),
  };
  // Instead of reading the stream: when it fails, a stream throws away what it has not yet handed out,
  // and every frame before the damage is to be delivered.
  stream.push = (bytes: Uint8Array | null) => {
    if (bytes === null) settle();
    else decoder.put(bytes);
    return true;
  };
  return decoder;
}

/** A byte input that decodes another one, piece by piece, as far as the reader asks. */
function around(raw: ByteInput, create: () => Decoder, pieceBytes: number): ByteInput {
  const piece = new Uint8Array(pieceBytes);
  let queue: Uint8Array[] = [];
  let given = 0; // bytes already taken from queue[0]
  let decoder = fresh();
  let ended = false;
  let failure: Error | undefined;
  let fed = 0; // compressed bytes pushed
  let putOut = 0; // decompressed bytes that came out
  let fineFrom = Number.POSITIVE_INFINITY; // from this compressed byte on, byte by byte
  let discard = 0;

  function fresh(): Decoder {
    const made = create();
    made.put = (bytes) => {
      const drop = Math.min(discard, bytes.length);
      discard -= drop;
      if (bytes.length === drop) return;
      putOut += bytes.length - drop;
      queue.push(drop === 0 ? bytes : bytes.subarray(drop));
    };
    return made;
  }

  function restart(): void {
    decoder.close();
    raw.rewind?.();
    fed = 0;
    decoder = fresh();
  }

  /** Decodes one more piece. */
  async function feed(): Promise<void> {
    const before = fed;
    let count = 0;
    try {
      const limit = fed >= fineFrom ? 1 : Math.min(pieceBytes, fineFrom - fed);
      count = await raw.read(piece, 0, limit);
      await decoder.push(piece.slice(0, count));
      fed += count;
      ended = count === 0;
    } catch (error) {
      // zlib keeps what it had decoded of the piece that fails. Where the file can be read again, come back
      // to that piece and take it byte by byte, so that everything before the damage is delivered.
      if (
        error instanceof StreamDamage &&
        count > 1 &&
        raw.rewind !== undefined &&
        fineFrom === Number.POSITIVE_INFINITY
      ) {
        fineFrom = before;
        discard = putOut;
        restart();
        return;
      }
      failure = error as Error;
    }
  }

  const input: ByteInput = {
    async read(target, at, length) {
      while (queue.length === 0) {
        if (failure !== undefined) throw failure;
        if (ended) return 0;
        await feed();
      }
      const chunk = queue[0];
      const part = chunk.subarray(given, given + length);
      target.set(part, at);
      given += part.length;
      if (given === chunk.length) {
        queue.shift();
        given = 0;
      }
      return part.length;
    },
    close() {
      decoder.close();
      raw.close();
    },
    bytesRead: raw.bytesRead,
    bytesTotal: raw.bytesTotal,
  };
  if (raw.rewind !== undefined) {
    input.rewind = () => {
      queue = [];
      given = putOut = discard = 0;
      ended = false;
      failure = undefined;
      fineFrom = Number.POSITIVE_INFINITY;
      restart();
    };
  }
  return input;
}
