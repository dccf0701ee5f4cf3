// What trials have met, so that a test can insist that it was not idle.
import { type DropName, dropReasons, type PuntName, puntReasons } from '../../src/engine/reasons.ts';
import type { Contest } from './contest.ts';

/** Reasons of parts of the router that these trials do not build: queues and workers. */
const elsewhere: ReadonlySet<DropName> = new Set(['tx-full', 'tx-failed', 'slow-full', 'punt-limited', 'worker-lost']);

export class Tally {
  trials = 0;
  /** Configurations that could not be compiled. */
  rejected = 0;
  frames = 0;
  fastFrames = 0;
  sent = 0;
  made = 0;
  fragments = 0;
  readonly drops = new Map<DropName, number>();
  readonly punts = new Map<PuntName, number>();

  add({ slow, fastFrames, fragments }: Contest): void {
    const { counters } = slow.forwarder;
    this.trials++;
    this.frames += counters.framesIn;
    this.fastFrames += fastFrames;
    this.sent += counters.framesOut;
    this.made += counters.made;
    this.fragments += fragments;
    for (const [i, { name }] of dropReasons.entries()) {
      if (!elsewhere.has(name)) this.drops.set(name, (this.drops.get(name) ?? 0) + (counters.drops[i] as number));
    }
    for (const [i, { name }] of puntReasons.entries()) {
      this.punts.set(name, (this.punts.get(name) ?? 0) + (counters.punts[i] as number));
    }
  }

  /** Every outcome that can occur here, with how often it did. */
  outcomes(): ReadonlyMap<string, number> {
    return new Map<string, number>([
      ['sent', this.sent],
      ['made', this.made],
      ['fragments', this.fragments],
      ...[...this.drops].map(([name, count]) => [`dropped ${name}`, count] as const),
      ...[...this.punts].map(([name, count]) => [`punted ${name}`, count] as const),
    ]);
  }

  get fastShare(): number {
    return this.fastFrames / this.frames;
  }

  toString(): string {
    const share = (100 * this.fastShare).toFixed(1);
    const outcomes = [...this.outcomes()].map(([name, count]) => `${name} ${count}`).join(', ');
    return `${this.frames} frames, ${this.trials} configurations (${this.rejected} rejected), ${share} % by the fast path\n${outcomes}`;
  }
}
