// A capture of a running router on its way to a reader: frames from the tap become blocks of a pcapng, with what became of
// them as a comment. While the reader has not taken the last piece no more is read, and frames are lost at the tap.

import type { ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { type TObject, Type } from '@sinclair/typebox';
import { dropReasons, puntReasons } from '../../engine/reasons.ts';
import { option } from '../../io/pcapng-format.ts';
import { type Option, putPacket } from '../../io/pcapng-record.ts';
import { putInterface, putSectionHeader } from '../../io/pcapng-writer.ts';
import { RecordSpace } from '../../io/record-space.ts';
import { TapKind, type TapKindName } from '../../workers/live/tap.ts';
import { refusal } from './api-error.ts';
import { prefixParameter } from './lists.ts';
import type { CaptureFilter, FrameTap, TappedFrame } from './service.ts';

const kindNames = Object.keys(TapKind) as TapKindName[];
const snapBytesMax = 65_535;
const readMilliseconds = 20;
/** For a reader to take the rest, without a byte that goes. */
const drainMilliseconds = 10_000;
/** A piece of the stream. A frame, its comment and a new interface find room behind what is less than half full. */
const pieceBytes = 512 * 1024;
const outbound = Uint8Array.of(2, 0, 0, 0);
const inbound = Uint8Array.of(1, 0, 0, 0);
const encoder = new TextEncoder();

export const captureQuery: TObject = Type.Object(
  {
    kinds: Type.Optional(
      Type.String({ description: `By commas: ${kindNames.join(', ')}. Default received,sent,dropped.` }),
    ),
    interface: Type.Optional(Type.String({ description: 'Only these ports, by commas.' })),
    address: Type.Optional(Type.String({ description: 'Only packets from or to this address or prefix.' })),
    label: Type.Optional(
      Type.Integer({ description: 'Only packets with this label in their stack.', minimum: 0, maximum: 0xfffff }),
    ),
    reason: Type.Optional(Type.String({ description: 'Only frames dropped or punted for this reason.' })),
    limit: Type.Optional(Type.Integer({ description: 'End after so many frames. Default 1000.', minimum: 1 })),
    seconds: Type.Optional(
      Type.Number({ description: 'End after so long. Default 60.', exclusiveMinimum: 0, maximum: 86_400 }),
    ),
    snap: Type.Optional(
      Type.Integer({ description: 'Keep so many bytes of a frame. Default all.', minimum: 1, maximum: snapBytesMax }),
    ),
  },
  { additionalProperties: false },
);

interface Bounds {
  readonly limit: number;
  readonly seconds: number;
}

function listParameter(text: string, known: ReadonlySet<string>, name: string): string[] {
  const names = text.split(',');
  const wrong = names.find((each) => !known.has(each));
  if (wrong === undefined) return names;
  throw refusal(400, `expected some of ${[...known].join(', ')}, got ${JSON.stringify(wrong.slice(0, 40))}`, name);
}

/** From the parameters of a request; throws ApiError. `ports`: those there are. */
export function captureFilter(
  query: Record<string, unknown>,
  ports: ReadonlySet<string>,
): Bounds & { readonly filter: CaptureFilter } {
  const {
    kinds,
    interface: on,
    address,
    label,
    reason,
    limit,
    seconds,
    snap,
  } = query as Record<string, string> & {
    label?: number;
    limit?: number;
    seconds?: number;
    snap?: number;
  };
  const drop = dropReasons.findIndex(({ name }) => name === reason);
  const punt = puntReasons.findIndex(({ name }) => name === reason);
  if (reason !== undefined && drop < 0 && punt < 0) {
    throw refusal(400, `no frame is dropped or punted for ${JSON.stringify(reason.slice(0, 40))}`, 'reason');
  }
  const usual = punt >= 0 ? 'received,sent,dropped,punted' : 'received,sent,dropped';
  return {
    filter: {
      kinds: listParameter(kinds ?? usual, new Set(kindNames), 'kinds') as TapKindName[],
      ports: on === undefined ? [] : listParameter(on, ports, 'interface'),
      prefix: prefixParameter(address, 'address'),
      label,
      drops: drop < 0 ? undefined : [drop],
      punts: punt < 0 ? undefined : [punt],
      snapBytes: snap ?? snapBytesMax,
    },
    limit: limit ?? 1000,
    seconds: seconds ?? 60,
  };
}

function commentOf({ kind, port, reason, thread }: TappedFrame): string {
  if (kind === 'received') return `received on ${port} by thread ${thread}`;
  if (kind === 'sent') return `sent on ${port} by thread ${thread}`;
  const { name = '', text = '' } = (kind === 'dropped' ? dropReasons : puntReasons)[reason] ?? {};
  return `${kind}: ${name}\n${text}`;
}

export class CaptureStream {
  readonly #tap: FrameTap;
  readonly #response: ServerResponse;
  readonly #bounds: Bounds;
  readonly #interfaces = new Map<string, number>();
  readonly #comments = new Map<string, readonly Option[]>();
  #space: RecordSpace;
  #left: number;
  #ending = false;
  #isWritable = true;
  #run: Promise<void> | undefined;

  constructor(tap: FrameTap, response: ServerResponse, bounds: Bounds) {
    this.#tap = tap;
    this.#response = response;
    this.#bounds = bounds;
    this.#left = bounds.limit;
    this.#space = newSpace();
    response.on('close', () => {
      this.#ending = true;
    });
    response.on('drain', () => {
      this.#isWritable = true;
    });
  }

  /** Until a bound is reached, the reader is gone or it is closed. Never rejects. */
  run(): Promise<void> {
    this.#run ??= this.#pump();
    return this.#run;
  }

  close(): Promise<void> {
    this.#ending = true;
    return this.run();
  }

  async #pump(): Promise<void> {
    const end = performance.now() + this.#bounds.seconds * 1000;
    putSectionHeader(this.#space);
    this.#flush();
    while (!this.#ending && this.#left > 0 && performance.now() < end) {
      if (this.#isWritable) this.#read();
      else await setTimeout(readMilliseconds);
      await setTimeout(readMilliseconds);
    }
    await this.#tap.stop();
    // What came until now and found no reader yet.
    if (!this.#response.destroyed) this.#read();
    this.#response.socket?.setTimeout(drainMilliseconds);
    this.#response.end();
  }

  #read(): void {
    this.#tap.read((frame) => {
      if (this.#left === 0) return false;
      this.#left--;
      this.#put(frame);
      if (this.#space.at > pieceBytes / 2) this.#flush();
      return this.#left > 0;
    });
    this.#flush();
  }

  #put(frame: TappedFrame): void {
    let id = this.#interfaces.get(frame.port);
    if (id === undefined) {
      id = this.#interfaces.size;
      this.#interfaces.set(frame.port, id);
      putInterface(this.#space, frame.port, true);
    }
    const { bytes, start, captured, original, seconds, nanoseconds } = frame;
    putPacket(this.#space, id, true, bytes, start, captured, original, seconds, nanoseconds, this.#optionsOf(frame));
  }

  /** Made once for each port, fate and thread. */
  #optionsOf(frame: TappedFrame): readonly Option[] {
    const key = `${frame.kind} ${frame.port} ${frame.reason} ${frame.thread}`;
    let options = this.#comments.get(key);
    if (options === undefined) {
      const direction = frame.kind === 'sent' ? outbound : inbound;
      options = [
        [option.comment, encoder.encode(commentOf(frame))],
        [option.packetFlags, direction],
      ];
      this.#comments.set(key, options);
    }
    return options;
  }

  #flush(): void {
    const { bytes, at } = this.#space;
    if (at === 0 || this.#response.destroyed) return;
    this.#isWritable = this.#response.write(bytes.subarray(0, at));
    // The stream keeps the piece until it is sent.
    this.#space = newSpace();
  }
}

function newSpace(): RecordSpace {
  return new RecordSpace(new Uint8Array(new ArrayBuffer(pieceBytes)));
}
