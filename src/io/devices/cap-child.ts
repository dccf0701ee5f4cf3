// The process in which the package `cap` works for one interface, in one direction: see cap-device.ts for the reasons.
// Frames pass its pipes as records: 32 bits of length, little-endian, and the bytes. A record without bytes says that the
// interface is open. It ends with its standard input.
import { readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { CapExit, lengthBytes, snapBytes } from './cap-records.ts';

interface Cap {
  open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
  send(buffer: Buffer, length: number): void;
  on(event: 'packet', listener: (length: number) => void): void;
}

/** libpcap gives every frame a slot of its greatest length here: these are 1000 frames. */
const kernelBufferBytes = 64 << 20;
const pipeBytes = 256 * 1024;
/** No frame is so short. A filter that can be seen to match nothing is refused by libpcap. */
const nothing = 'less 1';

const [, , direction = '', interfaceName = ''] = process.argv;

function fail(status: number, error: unknown): never {
  const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
  writeSync(2, `shimline: ${line}\n`);
  process.exit(status);
}

function open(filter: string, buffer: Buffer): Cap {
  let cap: Cap;
  try {
    const { Cap } = createRequire(import.meta.url)('cap') as { Cap: new () => Cap };
    cap = new Cap();
  } catch (error) {
    fail(CapExit.noPackage, error);
  }
  try {
    const link = cap.open(interfaceName, filter, kernelBufferBytes, buffer);
    if (link !== 'ETHERNET') fail(CapExit.refused, `is no Ethernet interface (${link})`);
  } catch (error) {
    fail(CapExit.refused, error);
  }
  return cap;
}

/** Waits while the pipe is full: what the kernel's ring cannot hold meanwhile is lost there, unseen. */
function writeAll(bytes: Buffer, count: number): void {
  try {
    for (let done = 0; done < count; ) done += writeSync(1, bytes, done, count - done);
  } catch {
    process.exit(0);
  }
}

function receive(): void {
  const frame = Buffer.alloc(snapBytes);
  const records = Buffer.alloc(pipeBytes);
  let at = 0;
  let isScheduled = false;
  const flush = () => {
    isScheduled = false;
    writeAll(records, at);
    at = 0;
  };
  const cap = open('inbound', frame);
  cap.on('packet', (length) => {
    if (at + lengthBytes + length > pipeBytes) flush();
    records.writeUInt32LE(length, at);
    frame.copy(records, at + lengthBytes, 0, length);
    at += lengthBytes + length;
    // Reached when the kernel's ring is empty: until then cap calls without a break.
    if (!isScheduled) setImmediate(flush);
    isScheduled = true;
  });
  writeAll(Buffer.alloc(lengthBytes), lengthBytes);
  process.stdin.on('end', () => process.exit(0)).resume();
}

/** Never comes back to the event loop, so a link that goes down does not end it. Answers what failed: frames, bytes. */
function send(): void {
  const cap = open(nothing, Buffer.alloc(snapBytes));
  const records = Buffer.alloc(pipeBytes);
  const failed = Buffer.alloc(8);
  let held = 0;
  for (;;) {
    const count = readSync(0, records, held, pipeBytes - held, null);
    if (count === 0) process.exit(0);
    const end = held + count;
    let at = 0;
    let frames = 0;
    let bytes = 0;
    while (end - at >= lengthBytes) {
      const length = records.readUInt32LE(at);
      if (end - at < lengthBytes + length) break;
      try {
        cap.send(records.subarray(at + lengthBytes, at + lengthBytes + length), length);
      } catch {
        frames++;
        bytes += length;
      }
      at += lengthBytes + length;
    }
    records.copyWithin(0, at, end);
    held = end - at;
    if (frames === 0) continue;
    failed.writeUInt32LE(frames, 0);
    failed.writeUInt32LE(bytes, 4);
    writeAll(failed, failed.length);
  }
}

// A signal to the whole group is for the router, which ends this process when it has done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
if (direction === 'receive') receive();
else send();
