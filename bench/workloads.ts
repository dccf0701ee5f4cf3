// The end-to-end workloads by name: what each is made of lies in workloads/.
import { egress } from './workloads/egress.ts';
import { ingress4, ingress6 } from './workloads/ingress.ts';
import { peersPop, peersPush, peersSwap } from './workloads/peers.ts';
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
];
