// The ring between two threads, seen from one of them: what handing over a batch costs beside its frames.
import { Ring, ringBytes } from '../../src/workers/ring.ts';
import { type MicroSuite, runSuite } from './suite.ts';

const capacity = 64;
const rounds = 100;

export const ringSuite: MicroSuite = {
  name: 'ring',
  title: 'numbers through a ring between two threads',
  run() {
    const ring = new Ring(new SharedArrayBuffer(ringBytes(capacity)), capacity);
    const alternating = (): number => {
      let sum = 0;
      for (let i = 0; i < rounds * capacity; i++) {
        ring.put(i);
        sum += ring.take();
      }
      return sum;
    };
    const filling = (): number => {
      let sum = 0;
      for (let round = 0; round < rounds; round++) {
        for (let i = 0; i < capacity; i++) ring.put(i);
        for (let i = 0; i < capacity; i++) sum += ring.take();
      }
      return sum;
    };
    const common = { items: rounds * capacity, unit: 'number' };
    return runSuite('ring', [
      { ...common, name: 'put and taken one by one', run: alternating },
      { ...common, name: `put and taken by ${capacity}`, run: filling },
    ]);
  },
};
