// Devices put together from a half that receives and one that sends, such as a capture that is played and one that is written.
import type { Batch } from '../../wire/batch.ts';
import { type DeviceCounts, type LiveDevice, noCounts } from '../live-device.ts';

export type ReceivingHalf = Pick<
  LiveDevice,
  'receive' | 'descriptor' | 'dueMilliseconds' | 'ended' | 'readCounts' | 'close'
>;
export type SendingHalf = Pick<LiveDevice, 'send' | 'flush' | 'pending' | 'readCounts' | 'close'>;

/** Nothing ever arrives. */
export const silent: ReceivingHalf = {
  descriptor: -1,
  ended: true,
  receive: () => 0,
  readCounts: noCounts,
  close: () => undefined,
};

/** What leaves is thrown away. */
export const thrownAway: SendingHalf = {
  pending: 0,
  send: () => true,
  flush: () => undefined,
  readCounts: noCounts,
  close: () => undefined,
};

/** One device from two halves, which it closes. */
export function joined(source: ReceivingHalf, sink: SendingHalf): LiveDevice {
  return new JoinedDevice(source, sink);
}

class JoinedDevice implements LiveDevice {
  readonly #source: ReceivingHalf;
  readonly #sink: SendingHalf;
  readonly #counts = noCounts();

  constructor(source: ReceivingHalf, sink: SendingHalf) {
    this.#source = source;
    this.#sink = sink;
  }

  receive(batch: Batch, port: number): number {
    return this.#source.receive(batch, port);
  }

  send(bytes: Uint8Array, start: number, captured: number): boolean {
    return this.#sink.send(bytes, start, captured);
  }

  flush(): void {
    this.#sink.flush();
  }

  get pending(): number {
    return this.#sink.pending;
  }

  get descriptor(): number {
    return this.#source.descriptor;
  }

  get dueMilliseconds(): number | undefined {
    return this.#source.dueMilliseconds;
  }

  get ended(): boolean {
    return this.#source.ended;
  }

  readCounts(): DeviceCounts {
    const received = this.#source.readCounts();
    const sent = this.#sink.readCounts();
    const counts = this.#counts;
    counts.receiveLost = received.receiveLost;
    counts.receiveOversized = received.receiveOversized;
    counts.receiveSegments = received.receiveSegments;
    counts.receiveUnchecked = received.receiveUnchecked;
    counts.sendFailed = sent.sendFailed;
    counts.sendFailedBytes = sent.sendFailedBytes;
    return counts;
  }

  close(): void {
    this.#source.close();
    this.#sink.close();
  }
}
