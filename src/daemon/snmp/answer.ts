// What a MIB answers to the requests of an AgentX master (RFC 2741, section 7.2). Read-only: every set is refused. The work
// of one request is bounded, and a long one lets others have their turn in between.
import { setImmediate } from 'node:timers/promises';
import {
  AgentXError,
  namesContext,
  type PduHeader,
  PduType,
  readHeader,
  readSearch,
  type SearchRange,
  type SearchRequest,
} from './agentx-pdu.ts';
import { type Mib, ValueType, type VarBind } from './mib.ts';

/** Values in one answer to a GetBulk: the master asks again for more. */
export const bulkValuesMax = 512;
const turnMilliseconds = 10;

export interface Answer {
  /** Of AgentXError. */
  readonly error: number;
  /** Which variable is wrong, from 1; 0: none. */
  readonly index: number;
  readonly values: readonly VarBind[];
}

const failure = (error: number, index = 0): Answer => ({ error, index, values: [] });

/** The answer to a PDU that is no response; undefined when none is due. */
export async function answerPdu(mib: Mib, pdu: Buffer, sessionId: number): Promise<Answer | undefined> {
  const header = readHeader(pdu);
  if (header.type === PduType.cleanupSet) return undefined;
  if (header.sessionId !== sessionId) return failure(AgentXError.notOpen);
  if (namesContext(header)) return failure(AgentXError.unsupportedContext);
  switch (header.type) {
    case PduType.get:
    case PduType.getNext:
    case PduType.getBulk:
      return search(mib, header, readSearch(pdu, header.type));
    case PduType.testSet:
      return failure(AgentXError.notWritable, 1);
    case PduType.commitSet:
      return failure(AgentXError.commitFailed, 1);
    case PduType.undoSet:
      return failure(AgentXError.undoFailed, 1);
    default:
      return failure(AgentXError.parseError);
  }
}

async function search(mib: Mib, { type }: PduHeader, request: SearchRequest | undefined): Promise<Answer> {
  if (request === undefined) return failure(AgentXError.parseError);
  const values: VarBind[] = [];
  let turnEnds = performance.now() + turnMilliseconds;
  for (const value of type === PduType.getBulk ? bulkOf(mib, request) : eachOf(mib, type, request.ranges)) {
    values.push(value);
    if (performance.now() < turnEnds) continue;
    await setImmediate();
    turnEnds = performance.now() + turnMilliseconds;
  }
  return { error: AgentXError.none, index: 0, values };
}

function* eachOf(mib: Mib, type: number, ranges: readonly SearchRange[]): Generator<VarBind> {
  for (const range of ranges) yield type === PduType.get ? mib.get(range.start) : nextOf(mib, range);
}

function nextOf(mib: Mib, { start, isInclusive, end }: SearchRange): VarBind {
  return mib.next(start, isInclusive, end);
}

/** RFC 2741, section 7.2.3.3: the others in turn, until all are at their end. */
function* bulkOf(mib: Mib, { ranges, nonRepeaters, maxRepetitions }: SearchRequest): Generator<VarBind> {
  for (const range of ranges.slice(0, nonRepeaters)) yield nextOf(mib, range);
  let repeated = ranges.slice(nonRepeaters);
  if (repeated.length === 0) return;
  const repetitions = Math.min(maxRepetitions, Math.max(1, Math.floor(bulkValuesMax / repeated.length)));
  for (let i = 0; i < repetitions; i++) {
    const next: SearchRange[] = [];
    let isAtEnd = true;
    for (const range of repeated) {
      const value = nextOf(mib, range);
      if (value.type !== ValueType.endOfMibView) isAtEnd = false;
      next.push({ start: value.oid, isInclusive: false, end: range.end });
      yield value;
    }
    if (isAtEnd) return;
    repeated = next;
  }
}
