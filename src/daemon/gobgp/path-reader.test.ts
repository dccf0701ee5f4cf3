// Paths read from bytes as GoBGP sends them, and from bytes that nobody should send.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFakePath, type FakePath, pathsEvent } from '../../../test/support/fake-gobgpd.ts';
import {
  anyOf,
  communitiesOf,
  distinguisherOf,
  EventReader,
  readCommunities,
  readPathAnswer,
  readPeerAnswer,
  readVrfAnswer,
  targetOf,
} from './messages.ts';
import { attributesMax } from './path-reader.ts';
import { MessageError, Reader, Writer } from './protobuf.ts';

const path: FakePath = {
  prefix: '10.2.0.0/24',
  rd: '65000:12',
  label: 24_201,
  targets: ['65000:1', '192.0.2.9:7', '70000:8'],
  from: '192.0.2.9',
  asPath: [65_101, 65_102],
  localPreference: 200,
};

function firstOf(bytes: Uint8Array) {
  const event = new EventReader(Buffer.from(bytes));
  expect(event.kind).toBe('paths');
  expect(event.next()).toBe(true);
  return event.path;
}

/** What an event says, walked to its end. */
function readAll(bytes: Uint8Array): number {
  const event = new EventReader(Buffer.from(bytes));
  let paths = 0;
  while (event.kind === 'paths' && event.next()) {
    paths++;
    if (!event.path.readNlri()) continue;
    event.path.readAttributes();
    readCommunities(event.path.reader.bytes, event.path.communitiesStart, event.path.communitiesStop);
    event.path.attributesToKeep(true);
  }
  return paths;
}

test('a VPN path', () => {
  const read = firstOf(pathsEvent([encodeFakePath(path)]));
  expect(read.readNlri()).toBe(true);
  read.readAttributes();
  const { afi, safi, words, length, label, labelCount, neighbor, nextHop, localPreference, asPathLength } = read;
  expect({ afi, safi, words, length, label, labelCount, neighbor, nextHop, localPreference, asPathLength }).toEqual({
    afi: 1,
    safi: 128,
    words: [0x0a020000],
    length: 24,
    label: 24_201,
    labelCount: 1,
    neighbor: '192.0.2.9',
    nextHop: '192.0.2.2',
    localPreference: 200,
    asPathLength: 2,
  });
  const { bytes } = read.reader;
  expect(bytes.subarray(read.distinguisherStart, read.distinguisherStop)).toEqual(
    Buffer.from(distinguisherOf('65000:12')),
  );
  expect(readCommunities(bytes, read.communitiesStart, read.communitiesStop).targets).toEqual(path.targets);
  expect(read.attributesToKeep(false)).toHaveLength(3);
  expect(read.attributesToKeep(true)).toHaveLength(4);
});

test('IPv6, a default route, host bits, labelled and plain paths, GoBGP’s own', () => {
  const event = new EventReader(
    Buffer.from(
      pathsEvent([
        encodeFakePath({ ...path, prefix: '2001:db8:a2::1/64', nextHop: '::ffff:192.0.2.2' }),
        encodeFakePath({ prefix: '0.0.0.0/0', label: 3, from: '192.0.2.9', isWithdrawal: true }),
        encodeFakePath({ prefix: '10.1.2.3/16' }),
      ]),
    ),
  );
  const seen: object[] = [];
  while (event.next()) {
    expect(event.path.readNlri()).toBe(true);
    event.path.readAttributes();
    const { safi, words, length, neighbor, isWithdrawal } = event.path;
    seen.push({ safi, words, length, neighbor, isWithdrawal, hop: event.path.nextHopAddress()?.words });
  }
  expect(seen).toEqual([
    {
      safi: 128,
      words: [0x20010db8, 0x00a20000, 0, 0],
      length: 64,
      neighbor: '192.0.2.9',
      isWithdrawal: false,
      hop: [0xc0000202],
    },
    { safi: 4, words: [0], length: 0, neighbor: '192.0.2.9', isWithdrawal: true, hop: [0xc0000202] },
    { safi: 1, words: [0x0a010000], length: 16, neighbor: '', isWithdrawal: false, hop: [0xc0000202] },
  ]);
});

test('communities that are no route targets are told apart, and a four-octet form of a small AS is none of ours', () => {
  const small = anyOf(
    'FourOctetAsSpecificExtended',
    new Writer().number(1, 1).number(2, 2).number(3, 65_000).number(4, 1).done(),
  );
  const origin = anyOf(
    'TwoOctetAsSpecificExtended',
    new Writer().number(1, 1).number(2, 3).number(3, 65_000).number(4, 1).done(),
  );
  const whole = Buffer.from(communitiesOf([targetOf('65000:1'), small, origin]));
  const reader = new Reader(whole);
  while (reader.next(whole.length) && !reader.is(2));
  const { targets, others } = readCommunities(whole, reader.start, reader.stop);
  expect(targets).toEqual(['65000:1']);
  expect(others.map((each) => Buffer.from(each))).toEqual([Buffer.from(small), Buffer.from(origin)]);
});

describe('what nobody should send', () => {
  test.each([
    ['a prefix that is none', { ...path, prefix: '10.2.0/24' }],
    ['an octet beyond 255', { ...path, prefix: '10.2.0.256/24' }],
    ['a length beyond 32', { ...path, prefix: '10.2.0.0/33' }],
    ['an IPv6 prefix that is none', { ...path, prefix: '2001:db8::1::/64' }],
  ])('%s', (_what, wrong) => {
    expect(() => readAll(pathsEvent([encodeFakePath(wrong)]))).toThrow(MessageError);
  });

  test('more attributes than there can be', () => {
    const writer = new Writer();
    for (let i = 0; i <= attributesMax; i++) writer.message(2, []);
    expect(() => readAll(pathsEvent([writer.done()]))).toThrow(MessageError);
  });

  test('a path that is cut short at any byte is refused or is another path, never an error of ours', () => {
    const whole = pathsEvent([encodeFakePath(path), encodeFakePath({ ...path, prefix: '2001:db8::/32' })]);
    for (let length = 0; length < whole.length; length++) {
      try {
        readAll(whole.slice(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(MessageError);
      }
    }
  });

  test('changed bytes', () => {
    const whole = Buffer.from(
      pathsEvent([encodeFakePath(path), encodeFakePath({ prefix: '192.0.2.7/32', label: 160 })]),
    );
    const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = Buffer.from(whole);
        for (const { at, to } of changes) bytes[at] = to;
        try {
          // There are no more paths than bytes.
          expect(readAll(bytes)).toBeLessThan(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(MessageError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('any bytes, to any reader', () => {
    const readers = [
      readAll,
      (bytes: Buffer) => readPeerAnswer(bytes),
      (bytes: Buffer) => readVrfAnswer(bytes),
      (bytes: Buffer) => readPathAnswer(bytes, (each) => each.readNlri() && each.readAttributes()),
      (bytes: Buffer) => readCommunities(bytes, 0, bytes.length),
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const read of readers) {
          try {
            read(Buffer.from(bytes));
          } catch (error) {
            expect(error).toBeInstanceOf(MessageError);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });
});

test('numbers of every size are written and read as they are', () => {
  fc.assert(
    fc.property(
      fc.nat(2 ** 31 - 1),
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 2 ** 40 }),
      (small, field, big) => {
        const bytes = Buffer.from(
          new Writer()
            .packed(1, [small, big])
            .number(field + 1, big)
            .text(field + 2, 'x')
            .done(),
        );
        const reader = new Reader(bytes);
        expect(reader.next(bytes.length)).toBe(true);
        expect([reader.firstOfPacked(), reader.packedCount()]).toEqual([small, 2]);
        expect(reader.next(bytes.length)).toBe(true);
        expect([reader.field, reader.value]).toEqual([field + 1, big]);
        expect(reader.next(bytes.length)).toBe(true);
        expect(reader.text()).toBe('x');
        expect(reader.next(bytes.length)).toBe(false);
      },
    ),
  );
});
