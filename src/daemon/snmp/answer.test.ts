// AgentX PDUs and what is answered to them (RFC 2741): errors by their numbers, ranges with their ends, bulk within bounds.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pduOf, type Search, searchBytes } from '../../../test/support/agentx-master.ts';
import { MadeView } from '../../../test/support/snmp-view.ts';
import { AgentXError, headerBytes, PduStream, PduType, pduBytesMax, readSearch } from './agentx-pdu.ts';
import { answerPdu, bulkValuesMax } from './answer.ts';
import { l3vpnMib, l3vpnRoot } from './l3vpn-mib.ts';
import { ValueType } from './mib.ts';

const session = 5;
const routes = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`10.0.${i}.0/24`, ['']]));
const mib = l3vpnMib(new MadeView({ red: { routes } }), () => 0);
const scalar = (number: number) => [...l3vpnRoot, 1, 1, number, 0];
const answer = (type: number, payload: Buffer, flags = 0x10, to = session) =>
  answerPdu(mib, pduOf(type, to, 9, payload, flags), session);
const search = (type: number, searches: Search[], bulk?: [number, number]) => answer(type, searchBytes(searches, bulk));

describe('errors', () => {
  test.each([
    ['a set is refused', PduType.testSet, Buffer.alloc(0), AgentXError.notWritable, 1],
    ['a commit', PduType.commitSet, Buffer.alloc(0), AgentXError.commitFailed, 1],
    ['an undo', PduType.undoSet, Buffer.alloc(0), AgentXError.undoFailed, 1],
    ['a type that nobody knows', 99, Buffer.alloc(0), AgentXError.parseError, 0],
    ['an OID that is cut off', PduType.get, Buffer.from([2, 0, 0, 0, 0, 0, 0, 1]), AgentXError.parseError, 0],
    ['a range without its end', PduType.getNext, Buffer.from([0, 2, 0, 0]), AgentXError.parseError, 0],
    ['a bulk without its numbers', PduType.getBulk, Buffer.from([0, 0]), AgentXError.parseError, 0],
    ['an OID of 129 numbers', PduType.get, searchBytes([{ start: new Array(129).fill(1) }]), AgentXError.parseError, 0],
  ])('%s', async (_, type, payload, error, index) => {
    expect(await answer(type, payload)).toEqual({ error, index, values: [] });
  });

  test('another session, and a context', async () => {
    const payload = searchBytes([{ start: scalar(1) }]);
    expect(await answer(PduType.get, payload, 0x10, 6)).toMatchObject({ error: AgentXError.notOpen });
    expect(await answer(PduType.get, payload, 0x18)).toMatchObject({ error: AgentXError.unsupportedContext });
  });

  test('the end of a set is not answered', async () => {
    expect(await answer(PduType.cleanupSet, Buffer.alloc(0))).toBeUndefined();
  });
});

test('get, of several: values, and what is not there', async () => {
  const got = await search(PduType.get, [{ start: scalar(1) }, { start: scalar(99) }, { start: [1, 3] }]);
  expect(got?.values.map(({ type, value }) => [type, value])).toEqual([
    [ValueType.gauge32, 1],
    [ValueType.noSuchObject, null],
    [ValueType.noSuchObject, null],
  ]);
});

test('next honours include and end', async () => {
  const next = async (range: Search) => (await search(PduType.getNext, [range]))?.values[0];
  expect((await next({ start: scalar(1) }))?.oid).toEqual(scalar(2));
  expect((await next({ start: scalar(1), include: true }))?.oid).toEqual(scalar(1));
  expect((await next({ start: scalar(1), end: scalar(3) }))?.oid).toEqual(scalar(2));
  const over = await next({ start: scalar(1), end: scalar(2) });
  expect(over).toEqual({ oid: scalar(1), type: ValueType.endOfMibView, value: null });
});

test('bulk: first those that do not repeat, then the others in turn', async () => {
  const ranges = [{ start: scalar(1) }, { start: scalar(2) }, { start: scalar(3), end: scalar(5) }];
  const got = await search(PduType.getBulk, ranges, [1, 2]);
  expect(got?.values.map(({ oid, type }) => [oid.at(-2), type === ValueType.endOfMibView])).toEqual([
    [2, false],
    [3, false],
    [4, false],
    [4, false],
    [4, true],
  ]);
});

test('bulk is bounded, and ends with the MIB', async () => {
  const all = await search(PduType.getBulk, [{ start: l3vpnRoot }], [0, 65535]);
  expect(all?.values).toHaveLength(bulkValuesMax);
  expect(all?.values.every(({ type }) => type !== ValueType.endOfMibView)).toBe(true);
  const last = await search(PduType.getBulk, [{ start: [1, 3, 6, 1, 2, 1, 10, 167] }], [0, 65535]);
  expect(last?.values).toHaveLength(1);
  expect((await search(PduType.getBulk, [{ start: l3vpnRoot }], [1, 65535]))?.values).toHaveLength(1);
});

test('any bytes are answered, or refused as unreadable', async () => {
  const type = fc.constantFrom(PduType.get, PduType.getNext, PduType.getBulk, PduType.testSet, 0, 255);
  await fc.assert(
    fc.asyncProperty(type, fc.uint8Array({ maxLength: 200 }), async (kind, payload) => {
      const got = await answer(kind, Buffer.from(payload));
      expect(got?.error === 0 || got?.values.length === 0).toBe(true);
    }),
  );
});

describe('a stream', () => {
  test('is cut into PDUs wherever its pieces end', () => {
    const pdus = [1, 2, 3].map((count) =>
      pduOf(PduType.get, session, count, searchBytes(new Array(count).fill({ start: scalar(1) }))),
    );
    const whole = Buffer.concat(pdus);
    for (let size = 1; size <= whole.length; size += 7) {
      const stream = new PduStream();
      const taken: Buffer[] = [];
      for (let at = 0; at < whole.length; at += size) taken.push(...stream.take(whole.subarray(at, at + size)));
      expect(taken).toEqual(pdus);
    }
  });

  test.each([
    ['another version', Buffer.from([2, 5, 0x10, 0]), /version 2/],
    ['the other byte order', Buffer.from([1, 5, 0, 0]), /network byte order/],
  ])('%s is refused', (_, start, text) => {
    const stream = new PduStream();
    expect(() => [...stream.take(Buffer.concat([start, Buffer.alloc(16)]))]).toThrow(text);
  });

  test('so is a PDU without end', () => {
    const header = pduOf(PduType.get, session, 1, Buffer.alloc(0));
    header.writeUInt32BE(pduBytesMax - headerBytes + 1, 16);
    expect(() => [...new PduStream().take(header)]).toThrow(/PDU of/);
  });
});

test('a prefix in an OID stands for 1.3.6.1 and itself', () => {
  const pdu = pduOf(PduType.get, session, 1, Buffer.from([1, 2, 1, 0, 0, 0, 0, 9, 0, 0, 0, 0]));
  expect(readSearch(pdu, PduType.get)?.ranges).toEqual([
    { start: [1, 3, 6, 1, 2, 9], isInclusive: true, end: undefined },
  ]);
});
