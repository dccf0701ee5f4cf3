// A wrapper around any output of the engine: tells a listener about every frame's fate, then passes the call on.
import type { Explanation, Output } from '../engine/output.ts';

export interface Fate {
  readonly kind: 'sent' | 'dropped' | 'punted';
  /** Index into dropReasons or puntReasons; -1 for a sent frame. */
  readonly reason: number;
  /** Port of departure for a sent frame, else of arrival. */
  readonly port: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly explanation: Explanation;
}

export type FateListener = (fate: Fate) => void;

export class TracedOutput implements Output {
  private readonly inner: Output;
  private readonly tell: FateListener;

  constructor(inner: Output, tell: FateListener) {
    this.inner = inner;
    this.tell = tell;
  }

  transmit(
    port: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    explanation: Explanation | undefined,
  ): void {
    if (explanation) this.tell({ kind: 'sent', reason: -1, port, seconds, nanoseconds, explanation });
    this.inner.transmit(port, bytes, start, captured, original, seconds, nanoseconds, explanation);
  }

  drop(
    reason: number,
    port: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    explanation: Explanation | undefined,
  ): void {
    if (explanation) this.tell({ kind: 'dropped', reason, port, seconds, nanoseconds, explanation });
    this.inner.drop(reason, port, bytes, start, captured, original, seconds, nanoseconds, explanation);
  }

  punt(
    reason: number,
    port: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    explanation: Explanation | undefined,
  ): void {
    if (explanation) this.tell({ kind: 'punted', reason, port, seconds, nanoseconds, explanation });
    this.inner.punt(reason, port, bytes, start, captured, original, seconds, nanoseconds, explanation);
  }
}
