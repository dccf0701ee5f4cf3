// Forwarding threads read while control writes: whatever a look-up finds is the old answer or the new one, of its own VRF
// and prefix, never a record that has been given to somebody else meanwhile.
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { RouterControl } from '../../src/control/live/index.ts';
import { Random } from '../property/random.ts';
import {
  incomingFirst,
  labelCount,
  prefixCount,
  prefixWord,
  swapLabel,
  Tally,
  tallyWords,
  transportCount,
  transportFirst,
  versions,
  vpnLabel,
  vrfNames,
} from './reader-world.ts';
import { smallConfig, smallControl } from './support.ts';

const seenMin = 400_000;
const changesMin = 20_000;
const edges = 4;

/** Node 20 gives workers no loader from the command line, so the worker asks for its own. */
const workerText = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('./reader.ts', import.meta.url).href)});
});`;

const dotted = (word: number): string => [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.');
const edge = (random: Random): string => `192.0.2.${100 + random.below(edges)}`;

interface Drawn {
  readonly op: string;
  readonly route?: { readonly vrf?: string; readonly prefix: string } & Readonly<Record<string, unknown>>;
  readonly label?: object;
  /** Taken back at once. */
  readonly isShort?: boolean;
}

/** VPN routes, labels and the transport routes that both need, each with a new version of itself, or gone for a while. */
function drawChange(random: Random): Drawn {
  const kind = random.below(20);
  if (kind === 0) {
    const labels = [transportFirst + random.below(transportCount)];
    return {
      op: 'replace',
      route: { prefix: `${edge(random)}/32`, via: random.pick(['10.0.0.2', '10.0.0.3']), labels },
    };
  }
  if (kind < 6) {
    const label = random.below(labelCount);
    const labels = [swapLabel(label, random.below(versions))];
    return { op: 'replace', label: { label: incomingFirst + label, via: edge(random), labels } };
  }
  const vrf = random.below(vrfNames.length);
  const prefix = random.below(prefixCount);
  const route = { vrf: vrfNames[vrf], prefix: `${dotted(prefixWord(prefix))}/24` };
  const what = random.below(10);
  if (what === 0) return { op: 'replace', route: { ...route, drop: true } };
  const labels = [vpnLabel(vrf, prefix, random.below(versions))];
  return { op: 'replace', route: { ...route, via: edge(random), labels }, isShort: what < 4 };
}

/** Makes the changes, and takes some of them back at once. */
function change(control: RouterControl, random: Random, count: number): void {
  const drawn = random.times(count, () => drawChange(random));
  const changes = drawn.flatMap(({ isShort, ...each }): object[] => {
    if (!isShort || each.route === undefined) return [each];
    const { vrf, prefix } = each.route;
    return [each, { op: 'delete', route: { vrf, prefix } }];
  });
  const result = control.transact({ changes });
  if (!result.ok) throw new Error(JSON.stringify(result).slice(0, 500));
}

test('every look-up of another thread finds what is or was there for its own VRF, prefix or label', async () => {
  const random = new Random(11);
  const tally = new Uint32Array(new SharedArrayBuffer(tallyWords * 4));
  const published: unknown[] = [];
  const control = smallControl({ publish: (tables) => published.push(tables.share()) }, { ...smallConfig, labels: [] });
  const transports = Array.from({ length: edges }, (_, i) => {
    return { op: 'add', route: { prefix: `192.0.2.${100 + i}/32`, via: '10.0.0.2', labels: [transportFirst + i] } };
  });
  expect(control.transact({ changes: transports }).ok).toBe(true);
  change(control, random, 3000);
  const worker = new Worker(workerText, { eval: true, workerData: { tally, first: control.tables.share() } });
  const failure = once(worker, 'error').then(([error]) => Promise.reject(error));
  failure.catch(() => undefined);
  const ended = once(worker, 'message');
  ended.catch(() => undefined);
  while (Atomics.load(tally, Tally.ready) === 0) await Promise.race([setImmediate(), failure]);
  let changes = 0;
  for (let round = 0; changes < changesMin || Atomics.load(tally, Tally.seen) < seenMin; round++) {
    change(control, random, 50);
    changes += 50;
    if (round === 100) renew(control);
    for (const shared of published.splice(0)) worker.postMessage(shared);
    await Promise.race([setImmediate(), failure]);
    if (Atomics.load(tally, Tally.wrong) > 0) break;
  }
  Atomics.store(tally, Tally.stop, 1);
  await Promise.race([ended, failure]);
  await worker.terminate();
  const [kind, what, label] = tally.subarray(Tally.detail);
  expect(tally[Tally.wrong], `kind ${kind}, entry ${what}: label ${label}`).toBe(0);
  // The reader has met what comes and goes.
  expect(tally[Tally.none]).toBeGreaterThan(0);
  expect(control.tables.generations.hasReaders).toBe(false);
});

/** A change that asks for new tables. */
function renew(control: RouterControl): void {
  const model = control.configModel();
  const [core, ...others] = model.interfaces;
  const result = control.replaceConfig({ ...model, interfaces: [{ ...core, acceptLabels: [24_001] }, ...others] });
  expect(result.ok).toBe(true);
}
