// Workloads of which one number varies: every frame goes where it should, with as many labels and bytes as were asked for.
import { expect, test } from 'vitest';
import { compileRouter } from '../../src/control/router.ts';
import { outcomeOf } from '../loop.ts';
import { parseSeriesWorkload } from './series.ts';
import { smallScale, type Workload } from './workload.ts';

const scale = { ...smallScale, frames: 512 };

function outcome(name: string) {
  const { model, frames } = (parseSeriesWorkload(name) as Workload).build(scale);
  return { ...outcomeOf(compileRouter(model).tables, frames), count: frames.count };
}

test.each([1, 2, 8])('%d labels make frames longer by as many entries', (labels) => {
  const { sent, sentBytes, notSent, count } = outcome(`labels:${labels}`);
  expect({ sent, notSent }).toEqual({ sent: count, notSent: 0 });
  expect(sentBytes).toBe(count * (64 + 4 * labels));
});

test.each([64, 9000])('frames of %d bytes, two labels pushed', (bytes) => {
  const { sent, sentBytes, count } = outcome(`bytes:${bytes}`);
  expect(sent).toBe(count);
  expect(sentBytes).toBe(count * (bytes + 8));
});

test.each(['routes:100', 'vrfs:3', 'slow:0', 'slow:100'])('%s: all frames are sent', (name) => {
  const { sent, notSent, count } = outcome(name);
  expect({ sent, notSent }).toEqual({ sent: count, notSent: 0 });
});

test('the slow share is the share of frames with options', () => {
  const { frames } = (parseSeriesWorkload('slow:25') as Workload).build(scale);
  let withOptions = 0;
  for (let word = 0; word < frames.words.length; word += 2 + ((frames.words[word + 1] + 5) >>> 2)) {
    // The third word of the record is the frame's first half word; its IP header begins with the sixth.
    if (((frames.words[word + 6] as number) & 15) > 5) withOptions++;
  }
  expect(withOptions / frames.count).toBeCloseTo(0.25, 1);
});

test.each(['routes', 'routes:', 'routes:x', 'peers:7', 'routes:99999999'])('%s is none of them', (name) => {
  expect(parseSeriesWorkload(name)).toBeUndefined();
});
