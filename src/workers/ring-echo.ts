// For the tests of rings: a thread that puts into one ring what it takes out of another.
import { workerData } from 'node:worker_threads';
import { Ring } from './ring.ts';

const { there, back } = workerData as { readonly there: SharedArrayBuffer; readonly back: SharedArrayBuffer };
const from = new Ring(there, 4);
const to = new Ring(back, 8);
for (let value = from.next(); value >= 0; value = from.next()) while (!to.put(value));
to.close();
