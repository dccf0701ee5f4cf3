// What a kernel's offloads leave to the interface: frames far longer than the mtu (GSO), and checksums. A TCP stream of
// this machine's own goes to a peer that the test plays: it answers the handshake and acknowledges what comes.
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { device, frame, hex, hexOf, receiveAll, sendAll, useNamespace } from '../../../test/support/devices.ts';
import { addVeth, canUseNamespaces, command, untilRunning } from '../../../test/support/namespace.ts';
import { Batch } from '../../wire/batch.ts';
import { checksum, sumBytes } from '../../wire/checksum.ts';
import type { AfpacketDevice } from './afpacket.ts';

const canRun = canUseNamespaces();

const tcpAt = 34;
const synchronize = 2;
const acknowledge = 0x10;

/** Sequence numbers and payload of a segment, in a frame with or without a tag. */
function segmentOf(bytes: Uint8Array, at: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = (bytes[at + 12] >>> 4) * 4;
  return {
    ports: view.getUint32(at),
    sequence: view.getUint32(at + 4),
    flags: bytes[at + 13],
    payload: bytes.subarray(at + header),
  };
}

/** The peer's answer: acknowledges up to a number; with the window scale in the answer to the first segment. */
function answer(ports: number, sequence: number, upTo: number, flags: number): Uint8Array {
  // MSS 1460, window scale 7.
  const options = (flags & synchronize) !== 0 ? [2, 4, 5, 0xb4, 3, 3, 7, 1] : [];
  const bytes = new Uint8Array(tcpAt + 20 + options.length);
  const view = new DataView(bytes.buffer);
  bytes.set([2, 0, 0, 0, 0, 0xa, 2, 0, 0, 0, 0, 0xb, 8, 0, 0x45, 0]);
  view.setUint16(16, bytes.length - 14);
  bytes.set([64, 6, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1], 22);
  view.setUint16(24, checksum(bytes, 14, 20));
  view.setUint16(tcpAt, ports & 0xffff);
  view.setUint16(tcpAt + 2, ports >>> 16);
  view.setUint32(tcpAt + 4, sequence);
  view.setUint32(tcpAt + 8, upTo);
  bytes.set([((20 + options.length) / 4) << 4, flags, 0xff, 0xff], tcpAt + 12);
  bytes.set(options, tcpAt + 20);
  const pseudo = sumBytes(bytes, 26, 8) + 6 + bytes.length - tcpAt;
  view.setUint16(tcpAt + 16, checksum(bytes, tcpAt, bytes.length - tcpAt, pseudo));
  return bytes;
}

/** Plays the peer until so many bytes have come; answers them in order, and the longest frame. */
async function playPeer(peer: AfpacketDevice, bytesMax: number) {
  const batch = new Batch();
  const stream: Uint8Array[] = [];
  let expected = -1;
  let longest = 0;
  let received = 0;
  for (let idle = 0; received < bytesMax && idle < 5000; idle++) {
    batch.clear();
    if (peer.receive(batch, 0) === 0) await sleep(1);
    else idle = 0;
    for (let i = 0; i < batch.count; i++) {
      const bytes = batch.bytes.slice(batch.start[i], batch.start[i] + batch.captured[i]);
      longest = Math.max(longest, bytes.length);
      expect(batch.original[i]).toBe(bytes.length);
      const upper = bytes.length - tcpAt;
      if (bytes[12] === 8) expect(checksum(bytes, tcpAt, upper, sumBytes(bytes, 26, 8) + 6 + upper)).toBe(0);
      const { ports, sequence, flags, payload } = segmentOf(bytes, tcpAt);
      if ((flags & synchronize) !== 0) {
        expected = (sequence + 1) >>> 0;
        sendAll(peer, [answer(ports, 1, expected, synchronize | acknowledge)]);
      } else if (sequence === expected && payload.length > 0) {
        stream.push(payload);
        received += payload.length;
        expected = (expected + payload.length) >>> 0;
        sendAll(peer, [answer(ports, 2, expected, acknowledge)]);
      }
    }
  }
  return { stream: Buffer.concat(stream), longest };
}

describe.skipIf(!canRun)(canRun ? 'offloads' : 'offloads (no right to make network namespaces: skipped)', () => {
  useNamespace('offload');

  test.each([false, true])(
    'a TCP stream in frames of 65 kB is cut, with right checksums, and counted, lowLatency %s',
    async (lowLatency) => {
      addVeth('a', 'b');
      command('ip link set dev a address 02:00:00:00:00:0a');
      command('ip address add 10.0.0.1/24 dev a');
      command('ip neighbor replace 10.0.0.2 lladdr 02:00:00:00:00:0b dev a');
      const b = device('b', { lowLatency });
      const data = Buffer.from(Uint8Array.from({ length: 4_000_000 }, (_, i) => (i * 7 + (i >>> 8)) & 0xff));
      const socket = new Socket();
      socket.on('error', () => {});
      socket.connect(80, '10.0.0.2');
      socket.write(data);
      const { stream, longest } = await playPeer(b, data.length);
      socket.destroy();
      expect(stream.equals(data)).toBe(true);
      expect(longest).toBe(1514);
      const { receiveOversized, receiveSegments, receiveUnchecked, receiveLost } = b.readCounts();
      expect(receiveOversized).toBeGreaterThan(10);
      expect(receiveSegments).toBeGreaterThan(receiveOversized);
      expect(receiveUnchecked).toBeGreaterThan(0);
      expect(receiveLost).toBe(0);
    },
  );

  test('low latency: frames longer than a slot, tags and all, come whole and in order', () => {
    addVeth('a', 'b');
    const [a, b] = [device('a'), device('b', { lowLatency: true })];
    for (const name of ['a', 'b']) command(`ip link set dev ${name} mtu 9000`);
    for (const name of ['a', 'b']) untilRunning(name);
    const tag = [0x81, 0, 0x20, 5];
    const frames = Array.from({ length: 120 }, (_, i) => {
      const bytes = frame(i, [60, 8000, 1900, 2000, 9000][i % 5]);
      return i % 3 === 0 ? Uint8Array.from([...bytes.subarray(0, 12), ...tag, ...bytes.subarray(12)]) : bytes;
    });
    sendAll(a, frames);
    expect(hexOf(receiveAll(b, frames.length))).toEqual(frames.map(hex));
    // The mtu is what it was when the device was opened, until the counts are asked for.
    const { receiveOversized } = b.readCounts();
    expect(receiveOversized).toBe(frames.filter(({ length }) => length > 1522).length);
    sendAll(a, frames);
    expect(hexOf(receiveAll(b, frames.length))).toEqual(frames.map(hex));
    expect(b.readCounts().receiveOversized).toBe(receiveOversized);
  });

  test('low latency: long frames that the queue has no room for are lost and counted, none is cut short', () => {
    addVeth('a', 'b');
    const [a, b] = [device('a'), device('b', { lowLatency: true })];
    for (const name of ['a', 'b']) command(`ip link set dev ${name} mtu 9000`);
    for (const name of ['a', 'b']) untilRunning(name);
    const sent = 5000;
    for (let i = 0; i < sent; i++) sendAll(a, [frame(i, 9000)]);
    const arrived = receiveAll(b, Number.POSITIVE_INFINITY, 4);
    expect(arrived.length).toBeGreaterThan(100);
    for (const { bytes } of arrived) expect(bytes.length).toBe(9000);
    const { receiveLost } = b.readCounts();
    expect(receiveLost).toBeGreaterThan(0);
    expect(arrived.length + receiveLost).toBe(sent);
  });
});
