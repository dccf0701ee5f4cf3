// The end-to-end workloads by name: what each is made of lies in workloads/.
import { egress } from './workloads/egress.ts';
import { ingress4, ingress6 } from './workloads/ingress.ts';
import { bridge, wireIn, wireOut } from './workloads/layer2.ts';
import { peersPop, peersPush, peersSwap } from './workloads/peers.ts';
import { parseSeriesWorkload } from './workloads/series.ts';
import { php, swap } from './workloads/transit.ts';
import type { Workload } from './workloads/workload.ts';

export const workloads: readonly Workload[] = [
  swap,
  ingress4({ name: 'ingress4' }),
  ingress6,
  egress,
  peersSwap,
  peersPush,
  peersPop,
  php,
  ingress4({ name: 'ecmp4', transportPaths: 2 }),
  ingress4({ name: 'vlan4', vlan: 100 }),
  ingress4({ name: 'mixed', slowEvery: 100 }),
  wireOut,
  wireIn,
  bridge,
];

/** One of those above, or one of a series, `KIND:NUMBER`. Throws for a name that none has. */
export function findWorkload(name: string): Workload {
  const found = workloads.find((each) => each.name === name) ?? parseSeriesWorkload(name);
  if (found === undefined) throw new Error(`there is no workload ${name}`);
  return found;
}
