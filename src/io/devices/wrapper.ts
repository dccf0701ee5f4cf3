// A device around another: everything passes unchanged, but what a wrapper says otherwise.
import type { Batch } from '../../wire/batch.ts';
import type { DeviceCounts, LiveDevice } from '../live-device.ts';

export class Wrapper implements LiveDevice {
  protected readonly inner: LiveDevice;

  constructor(inner: LiveDevice) {
    this.inner = inner;
  }

  receive(batch: Batch, port: number): number {
    return this.inner.receive(batch, port);
  }

  send(bytes: Uint8Array, start: number, captured: number): boolean {
    return this.inner.send(bytes, start, captured);
  }

  flush(): void {
    this.inner.flush();
  }

  get pending(): number {
    return this.inner.pending;
  }

  get descriptor(): number {
    return this.inner.descriptor;
  }

  get dueMilliseconds(): number | undefined {
    return this.inner.dueMilliseconds;
  }

  get ended(): boolean {
    return this.inner.ended;
  }

  readCounts(): DeviceCounts {
    return this.inner.readCounts();
  }

  close(): void {
    this.inner.close();
  }
}
