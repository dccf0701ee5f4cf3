// Long columns of numbers for the writing side. They are made over SharedArrayBuffers, though nobody shares them: memory
// behind those is no reason for the garbage collector to walk a million routes in the middle of a load (0.7 to 1.4 s a
// compile on a loaded machine), as it is behind ArrayBuffers.

/** Shorter ones are not worth a shared block each. */
const sharedFromBytes = 1 << 18;

function bufferFor(bytes: number): ArrayBuffer | SharedArrayBuffer {
  return bytes < sharedFromBytes ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
}

export function wordColumn(count: number): Uint32Array {
  return new Uint32Array(bufferFor(count * 4));
}

/** Words with a sign. */
export function signedColumn(count: number): Int32Array {
  return new Int32Array(bufferFor(count * 4));
}

export function byteColumn(count: number): Uint8Array {
  return new Uint8Array(bufferFor(count));
}
