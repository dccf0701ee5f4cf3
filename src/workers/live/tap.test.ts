import { beforeEach, describe, expect, test } from 'vitest';
import { arp, eth, ipv4, ipv6, labels, udp } from '../../../test/support/frames.ts';
import { FrameRing, frameRingBytes } from '../../io/devices/frame-ring.ts';
import { openLoopback } from '../../io/devices/loopback.ts';
import { type IpPrefix, parsePrefix } from '../../wire/address.ts';
import { Batch } from '../../wire/batch.ts';
import { Tap, type TapFilter, TapKind, tapDataBytes } from './tap.ts';
import { meetsAddress, meetsLabel } from './tap-filter.ts';

const macs = { dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' };
const prefix = (text: string) => parsePrefix(text) as IpPrefix;
const packet4 = ipv4({ src: '10.1.0.1', dst: '10.2.0.9' }, udp(1, 2));
const packet6 = ipv6({ src: '2001:db8::1', dst: '2001:db8:2::9' }, udp(1, 2));
const frames = {
  ip: eth({ ...macs, type: 0x0800 }, packet4),
  ip6: eth({ ...macs, type: 0x86dd }, packet6),
  tagged: eth({ ...macs, type: 0x8100 }, [0, 100, 0x08, 0x00, ...packet4]),
  mpls: eth({ ...macs, type: 0x8847 }, [...labels(16002, 24012), ...packet4]),
  arp: eth({ ...macs, type: 0x0806 }, arp(1, macs.src, '10.2.0.1', '00:00:00:00:00:00', '10.2.0.2')),
  other: eth({ ...macs, type: 0x88cc }, [1, 2, 3, 4]),
};

describe('filters', () => {
  const at = (frame: readonly number[]) => [Uint8Array.of(9, 9, ...frame), 2, frame.length] as const;
  const within = (frame: readonly number[], text: string) => meetsAddress(...at(frame), prefix(text));

  test('find addresses under tags and labels', () => {
    for (const name of ['ip', 'tagged', 'mpls'] as const) {
      expect([name, within(frames[name], '10.2.0.0/16'), within(frames[name], '10.1.0.1/32')]).toEqual([
        name,
        true,
        true,
      ]);
      expect([name, within(frames[name], '10.3.0.0/16'), within(frames[name], '::/0')]).toEqual([name, false, false]);
    }
    expect(within(frames.ip6, '2001:db8:2::/48')).toBe(true);
    expect(within(frames.ip6, '2001:db8:3::/48')).toBe(false);
    expect(within(frames.ip6, '0.0.0.0/0')).toBe(false);
    expect(within(frames.arp, '10.2.0.2/32')).toBe(true);
    expect(within(frames.arp, '10.2.0.3/32')).toBe(false);
    expect(within(frames.other, '0.0.0.0/0')).toBe(false);
  });

  test('find labels anywhere in the stack', () => {
    expect([16002, 24012, 16003].map((label) => meetsLabel(...at(frames.mpls), label))).toEqual([true, true, false]);
    expect(meetsLabel(...at(frames.ip), 0)).toBe(false);
  });

  test('read nothing behind the end', () => {
    for (const frame of Object.values(frames)) {
      for (let length = 0; length < frame.length; length++) {
        const cut = Uint8Array.from(frame.slice(0, length));
        meetsLabel(cut, 0, length, 16002);
        expect(within(frame.slice(0, length), '99.0.0.0/8')).toBe(false);
      }
    }
  });
});

describe('a tap', () => {
  const all: TapFilter = {
    kinds: ['received', 'sent', 'dropped', 'punted'],
    slots: [],
    prefix: undefined,
    label: undefined,
    drops: undefined,
    punts: undefined,
    snapBytes: 65_535,
  };
  let reader: FrameRing;
  const open = (filter: Partial<TapFilter> = {}) => {
    const buffer = new SharedArrayBuffer(frameRingBytes(tapDataBytes));
    reader = new FrameRing(buffer, 0, tapDataBytes);
    return new Tap(new FrameRing(buffer, 0, tapDataBytes), { ...all, ...filter });
  };
  const taken = () => {
    const batch = new Batch();
    const count = reader.take(batch);
    return Array.from({ length: count }, (_, i) => ({
      kind: reader.readTag(i) & 0xff,
      reason: reader.readTag(i) >>> 8,
      slot: batch.port[i],
      captured: batch.captured[i],
      original: batch.original[i],
    }));
  };
  let bytes: Uint8Array;
  let length: number;
  beforeEach(() => {
    bytes = Uint8Array.from(frames.mpls);
    length = bytes.length;
  });

  test('copies what a device receives and sends, and changes nothing', () => {
    const tap = open();
    const [one, other] = openLoopback();
    const left = tap.wrap(one, 3);
    const right = tap.wrap(other, 4);
    expect(left.send(bytes, 0, length)).toBe(true);
    left.flush();
    const batch = new Batch();
    expect(right.receive(batch, 0)).toBe(1);
    expect(batch.bytes.slice(batch.start[0], (batch.start[0] as number) + length)).toEqual(bytes);
    expect(taken()).toMatchObject([
      { kind: TapKind.sent, slot: 3, captured: length },
      { kind: TapKind.received, slot: 4, captured: length, original: length },
    ]);
  });

  test('leaves out what does not pass the filter, and wraps no device that is not meant', () => {
    const tap = open({ slots: [3], label: 24012, drops: undefined });
    const [one, other] = openLoopback();
    expect(tap.wrap(other, 4)).toBe(other);
    const left = tap.wrap(one, 3);
    left.send(bytes, 0, length);
    left.send(Uint8Array.from(frames.ip), 0, frames.ip.length);
    left.flush();
    expect(taken()).toHaveLength(1);
  });

  test('tells the reason of what was dropped or punted, and picks one', () => {
    const tap = open({ snapBytes: 20, drops: [5] });
    tap.ended('dropped', 5, 1, bytes, 0, length, 1400);
    tap.ended('dropped', 6, 1, bytes, 0, length, 1400);
    tap.ended('punted', 5, 1, bytes, 0, length, 1400);
    tap.ended('dropped', 5, -1, bytes, 0, length, 1400);
    const [one] = openLoopback();
    tap.wrap(one, 1).send(bytes, 0, length);
    tap.publish();
    expect(taken()).toEqual([{ kind: TapKind.dropped, reason: 5, slot: 1, captured: 20, original: 1400 }]);
  });
});
