// What a replay did, as published by `--json`: key names, their order and their meaning are a contract.
import { dropReasons, puntReasons } from '../engine/reasons.ts';

/** The counters of one or several forwarders, as the engine keeps them. */
export interface CountersView {
  readonly framesIn: number;
  readonly framesOut: number;
  readonly copied: number;
  readonly made: number;
  readonly inFrames: ArrayLike<number>;
  readonly inBytes: ArrayLike<number>;
  readonly outFrames: ArrayLike<number>;
  readonly outBytes: ArrayLike<number>;
  readonly drops: ArrayLike<number>;
  readonly punts: ArrayLike<number>;
}

export interface FrameCount {
  readonly frames: number;
  readonly bytes: number;
}

export interface Summary {
  readonly frames: {
    readonly in: number;
    readonly out: number;
    readonly punted: number;
    readonly dropped: number;
    readonly copied: number;
    readonly made: number;
  };
  readonly interfaces: Readonly<Record<string, { readonly in: FrameCount; readonly out: FrameCount }>>;
  readonly drops: Readonly<Record<string, number>>;
  readonly punts: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly mpps: number;
  readonly workers: number;
}

function occurred(counts: ArrayLike<number>, reasons: readonly { readonly name: string }[]): Record<string, number> {
  const found: Record<string, number> = {};
  reasons.forEach((reason, i) => {
    if ((counts[i] ?? 0) > 0) found[reason.name] = counts[i] ?? 0;
  });
  return found;
}

function sum(counts: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i] ?? 0;
  return total;
}

function rounded(value: number, digits: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : 0;
}

export function summarize(
  counters: CountersView,
  portNames: readonly string[],
  seconds: number,
  workers: number,
): Summary {
  const interfaces: Record<string, { in: FrameCount; out: FrameCount }> = {};
  portNames.forEach((name, port) => {
    interfaces[name] = {
      in: { frames: counters.inFrames[port] ?? 0, bytes: counters.inBytes[port] ?? 0 },
      out: { frames: counters.outFrames[port] ?? 0, bytes: counters.outBytes[port] ?? 0 },
    };
  });
  return {
    frames: {
      in: counters.framesIn,
      out: counters.framesOut,
      punted: sum(counters.punts),
      dropped: sum(counters.drops),
      copied: counters.copied,
      made: counters.made,
    },
    interfaces,
    drops: occurred(counters.drops, dropReasons),
    punts: occurred(counters.punts, puntReasons),
    seconds: rounded(seconds, 4),
    mpps: rounded(counters.framesIn / seconds / 1e6, 3),
    workers,
  };
}

/** What is wrong with the books, in one line; undefined when they balance, as they always must. */
export function imbalance(summary: Summary): string | undefined {
  const { in: arrived, out, punted, dropped, copied, made } = summary.frames;
  const ports = Object.values(summary.interfaces);
  const perPortIn = ports.reduce((total, port) => total + port.in.frames, 0);
  const perPortOut = ports.reduce((total, port) => total + port.out.frames, 0);
  if (arrived + copied + made !== out + punted + dropped) {
    return `the books do not balance: ${arrived} in + ${copied} copied + ${made} made is not ${out} out + ${punted} punted + ${dropped} dropped`;
  }
  if (perPortIn !== arrived || perPortOut !== out) {
    return `the books do not balance: the ports count ${perPortIn} in, ${perPortOut} out, the router ${arrived} in, ${out} out`;
  }
  return undefined;
}
