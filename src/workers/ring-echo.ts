// For the tests of rings: a thread that puts into one ring what it takes out of another.
import { Ring } from './ring.ts';

export interface EchoTask {
  readonly there: SharedArrayBuffer;
  readonly back: SharedArrayBuffer;
}

export default function ringEcho({ there, back }: EchoTask): void {
  const from = new Ring(there, 4);
  const to = new Ring(back, 8);
  for (let value = from.next(); value >= 0; value = from.next()) while (!to.put(value));
  to.close();
}
