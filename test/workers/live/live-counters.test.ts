// The books of a run over several tables: nothing is lost and nothing counted twice when ports change their numbers.
import { expect, test } from 'vitest';
import { Counters, Total } from '../../../src/engine/counters.ts';
import { Drop, Punt } from '../../../src/engine/reasons.ts';
import { LiveCounters } from '../../../src/workers/live/live-counters.ts';

test('threads and tables add up by the name of the port', () => {
  const books = new LiveCounters();
  const first = [new Counters(2), new Counters(2)];
  books.begin(['ce1', 'core'], first);
  first[0].inFrames[0] = 5;
  first[0].inBytes[0] = 500;
  first[1].outFrames[1] = 3;
  first[1].outBytes[1] = 330;
  first[1].drops[Drop['no-route']] = 2;
  expect(books.read().ports.get('ce1')).toEqual({ in: { frames: 5, bytes: 500 }, out: { frames: 0, bytes: 0 } });

  const second = [new Counters(1), new Counters(1)];
  books.begin(['core'], second);
  second[0].outFrames[0] = 10;
  second[0].totals[Total.made] = 1;
  second[0].punts[Punt.arp] = 4;
  // Until every thread has switched, some still count on the old page.
  first[0].inFrames[0] = 6;
  const both = books.read();
  books.closeEarlier();
  expect(books.read()).toEqual(both);
  first[0].inFrames[0] = 1000;
  const after = books.read();
  expect(after.ports.get('ce1')?.in.frames).toBe(6);
  expect(after.ports.get('core')?.out).toEqual({ frames: 13, bytes: 330 });
  expect(after.made).toBe(1);
  expect(after.drops[Drop['no-route']]).toBe(2);
  expect(after.punts[Punt.arp]).toBe(4);
});
