import { expect, test } from 'vitest';
import { Drop } from '../engine/reasons.ts';
import { ShimlineError } from '../errors.ts';
import type { FrameSink } from '../io/device.ts';
import type { Destination } from './destination.ts';
import { FileOutput } from './file-output.ts';

const frame = new Uint8Array(64);
const explanation = {
  frame: 1,
  made: false,
  steps: ['b', 'dropped: no-route'],
  interfaces: [],
  addresses: [],
  labels: [],
};

/** Sinks in memory that note what they are given; the one named `full` refuses everything. */
function notes(full?: string) {
  const log: string[] = [];
  const sink = (name: string): FrameSink => ({
    write(_bytes, _start, _captured, _original, _seconds, _nanoseconds, comment) {
      if (name === full) throw new ShimlineError('IO', `${name}: no space left`);
      log.push(comment === undefined ? name : `${name} "${comment}"`);
    },
    close() {
      log.push(`close ${name}`);
    },
  });
  const destination: Destination = {
    openPort: (port) => sink(`port${port}`),
    openDrops: () => sink('drop'),
    openPunts: () => undefined,
    close: () => {},
  };
  return { log, destination };
}

test('sinks are opened by their first frame and closed once; what is not kept is discarded', async () => {
  const { log, destination } = notes();
  const output = new FileOutput(destination, 3, true);
  output.transmit(2, frame, 0, 64, 64, 1, 0, undefined);
  output.drop(Drop['no-route'], 1, frame, 0, 64, 64, 1, 0, explanation);
  output.punt(0, 1, frame, 0, 64, 64, 1, 0, undefined);
  await output.close();
  await output.close();
  expect(log).toEqual(['port2', 'drop "b / dropped: no-route"', 'close port2', 'close drop']);
});

test('comments that are not wanted are not written', () => {
  const { log, destination } = notes();
  const output = new FileOutput(destination, 1, false);
  output.drop(Drop['no-route'], 0, frame, 0, 64, 64, 1, 0, explanation);
  expect(log).toEqual(['drop']);
});

test('after the first failure nothing more is written, nothing is thrown, and all is closed', async () => {
  const { log, destination } = notes('port1');
  const output = new FileOutput(destination, 2, false);
  output.transmit(0, frame, 0, 64, 64, 1, 0, undefined);
  output.transmit(1, frame, 0, 64, 64, 1, 0, undefined);
  output.transmit(0, frame, 0, 64, 64, 1, 0, undefined);
  output.drop(0, 0, frame, 0, 64, 64, 1, 0, undefined);
  expect(output.failure).toMatchObject({ code: 'IO', message: 'port1: no space left' });
  await output.close();
  expect(log).toEqual(['port0', 'close port0', 'close port1']);
});
