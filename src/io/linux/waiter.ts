// Waiting for whatever comes first: a descriptor that is readable, another thread that wakes, or the time. One poll(2) over
// a set that may change; the thread does nothing else meanwhile, its event loop included.
import { callError, libc } from './libc.ts';

const nonBlockingCloseOnExec = 0x80800;
const readable = 1;
/** POLLERR, POLLHUP, POLLNVAL: come unasked. */
const troubled = 0x38;
/** How long a descriptor in trouble (a link that is down) is left out, so that it does not end every wait at once. */
const restMilliseconds = 10;
const levelSocket = 1;
const optionError = 4;

/** Wakes the waiter with this `wakeDescriptor`, from any thread of the process; before it waits, or while it does. */
export function wake(wakeDescriptor: number): void {
  libc().write(wakeDescriptor, new BigUint64Array([1n]), 8);
}

export class Waiter {
  /** An eventfd, for `wake`. */
  readonly wakeDescriptor: number;
  /** struct pollfd: descriptor@0, events@4 (u16), events that came@6 (u16). The first is the eventfd. */
  #polled = new Int32Array(0);
  #count = 0;
  /** Until when each descriptor is left out, milliseconds of `performance.now`; 0: it is not. */
  #restUntil: number[] = [];
  readonly #drained = new BigUint64Array(1);
  readonly #error = new Int32Array(1);
  readonly #errorLength = new Uint32Array(1);
  #isOpen = true;

  /** Throws ShimlineError IO. */
  constructor(place = 'waiting') {
    this.wakeDescriptor = libc().eventfd(0, nonBlockingCloseOnExec);
    if (this.wakeDescriptor < 0) throw callError(place, 'eventfd');
    this.setDescriptors([]);
  }

  /** The descriptors to wait for, instead of those before. Negative ones are left out. */
  setDescriptors(descriptors: readonly number[]): void {
    const all = [this.wakeDescriptor, ...descriptors.filter((each) => each >= 0)];
    this.#count = all.length;
    this.#polled = new Int32Array(all.flatMap((each) => [each, readable]));
    this.#restUntil = all.map(() => 0);
  }

  /**
   * Waits until a descriptor is readable, somebody wakes, or so many milliseconds (-1: any number) have passed; 0 only
   * looks. Answers whether there was a reason other than the time. May end early without one.
   */
  wait(milliseconds: number): boolean {
    if (!this.#isOpen) return false;
    const limit = this.#endRests(milliseconds);
    const polled = this.#polled;
    if (libc().poll(polled, this.#count, limit) <= 0) return false;
    let isReason = false;
    for (let i = 0; i < this.#count; i++) {
      const came = polled[i * 2 + 1] >>> 16;
      if ((came & readable) !== 0) isReason = true;
      if ((came & troubled) !== 0) this.#rest(i);
    }
    if (polled[1] >>> 16 !== 0) libc().read(this.wakeDescriptor, this.#drained, 8);
    return isReason;
  }

  /** Takes back in who has rested; answers how long may be waited until the next one has. */
  #endRests(milliseconds: number): number {
    let limit = milliseconds;
    let now = -1;
    for (let i = 1; i < this.#count; i++) {
      const until = this.#restUntil[i];
      if (until === 0) continue;
      if (now < 0) now = performance.now();
      const left = Math.ceil(until - now);
      if (left > 0) {
        if (limit < 0 || left < limit) limit = left;
        continue;
      }
      this.#restUntil[i] = 0;
      // Negative descriptors are not polled: poll(2).
      this.#polled[i * 2] = ~this.#polled[i * 2];
    }
    return limit;
  }

  #rest(i: number): void {
    const descriptor = this.#polled[i * 2];
    // To read a socket's error is to forget it; most rest only once.
    this.#errorLength[0] = 4;
    libc().getsockopt(descriptor, levelSocket, optionError, this.#error, this.#errorLength);
    this.#restUntil[i] = performance.now() + restMilliseconds;
    this.#polled[i * 2] = ~descriptor;
  }

  /** May be called twice. The descriptors waited for stay open. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    libc().close(this.wakeDescriptor);
  }
}
