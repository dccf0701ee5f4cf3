// What a live run has done so far: the summary of a replay, what waits at this moment, and what devices have counted.
import type { DeviceCounts } from '../io/live-device.ts';
import type { LiveRouter } from '../workers/live/live-router.ts';
import { type Summary, summarize } from '../workers/summary.ts';

export interface LiveSummary extends Omit<Summary, 'frames'> {
  readonly frames: Summary['frames'] & {
    /** Frames that wait for a neighbour. */
    readonly held: number;
  };
  /** By port: what only its device knows. */
  readonly devices: Readonly<Record<string, DeviceCounts>>;
}

export function liveSummary(router: LiveRouter, seconds: number, workers: number): LiveSummary {
  const books = router.books();
  const names = [...new Set([...router.image.portNames, ...books.ports.keys()])];
  const none = { in: { frames: 0, bytes: 0 }, out: { frames: 0, bytes: 0 } };
  const ports = names.map((name) => books.ports.get(name) ?? none);
  const counters = {
    framesIn: ports.reduce((sum, port) => sum + port.in.frames, 0),
    framesOut: ports.reduce((sum, port) => sum + port.out.frames, 0),
    copied: books.copied,
    made: books.made,
    inFrames: ports.map((port) => port.in.frames),
    inBytes: ports.map((port) => port.in.bytes),
    outFrames: ports.map((port) => port.out.frames),
    outBytes: ports.map((port) => port.out.bytes),
    drops: books.drops,
    punts: books.punts,
  };
  const { frames, ...summary } = summarize(counters, names, seconds, workers);
  const devices: Record<string, DeviceCounts> = {};
  for (const name of names) {
    const counts = router.deviceCounts(name);
    if (counts !== undefined) devices[name] = counts;
  }
  return { ...summary, frames: { ...frames, held: books.held }, devices };
}
