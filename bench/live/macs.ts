// How long the lead's loop stands still because of the MAC table: a bridge that knows a million addresses forwards batch after
// batch of known frames, and between two of them happens what a turn of the loop has to do while addresses come, age, come
// beyond the limit, are flushed, or go over to other tables. Prints the longest turn of each, and its thousandth.
//
//   npx tsx bench/live/macs.ts [addresses]
//
// Turns are timed by the thread's own clock of CPU time: what others take of the machine meanwhile is not the loop's.
import koffi from 'koffi';
import { parseConfig } from '../../src/control/config/index.ts';
import { compileRouter } from '../../src/control/router.ts';
import { reserveForwarder } from '../../src/engine/forwarder-memory.ts';
import type { MacCopy } from '../../src/engine/mac-copy.ts';
import { openLoopback } from '../../src/io/devices/loopback.ts';
import { batchFrames } from '../../src/wire/batch.ts';
import { type Errand, Lead } from '../../src/workers/live/lead.ts';
import type { Publication } from '../../src/workers/live/messages.ts';
import { ThreadBoard } from '../../src/workers/live/thread-board.ts';
import { ThreadPorts } from '../../src/workers/live/thread-ports.ts';

const addresses = Number(process.argv[2] ?? 1_000_000);
const ageing = 300;
const ports = ['ce1', 'ce2'];
const bridgeNames = ['lan'];
/** A tick comes after so many turns: of 256 frames each, so at 2.5 million frames a second. */
const turnsEachTick = 1000;

function publish(): Publication {
  const yaml = `
interfaces: {ce1: {}, ce2: {}}
bridges: {lan: {interfaces: [ce1, ce2], macLimit: ${addresses}, ageing: ${ageing}}}
`;
  const { tables } = compileRouter(parseConfig(yaml, 'macs.yaml'), { forwarders: 1 });
  const place = reserveForwarder(tables, 0);
  if (place === undefined) throw new Error('no room for a forwarder');
  return {
    tables: tables.share(),
    place,
    slots: [0, 1],
    controls: [-1, -1],
    interfaceNames: ports,
    pseudowireNames: [],
    bridgeNames,
    puntLimits: [],
  };
}

const clockThreadCpu = 3;
const getTime = koffi.load('libc.so.6').func('int clock_gettime(int, _Out_ int64_t *)');
const timespec = [0, 0];

/** Microseconds of CPU time of this thread. */
function cpuMicros(): number {
  getTime(clockThreadCpu, timespec);
  return Number(timespec[0]) * 1e6 + Number(timespec[1]) / 1000;
}

const threadPorts = new ThreadPorts(0, ThreadBoard.create(1));
threadPorts.use([0, 1]);
const cables = ports.map((_, slot) => {
  const [inside, outside] = openLoopback();
  threadPorts.add(slot, inside);
  return outside;
});
const setup = { ports: threadPorts, rings: [], controlOf: () => undefined, onEvent: () => {} };
let lead = new Lead(setup, publish());
let seconds = 1_000_000;
let nanoseconds = 0;
let random = 1;

function below(limit: number): number {
  random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((random / 2 ** 32) * limit);
}

/** Half of the stations are behind each port. */
function addFrame(source: number, destination: number): void {
  const { batch } = lead;
  const at = batch.add(source & 1, 64, 64, seconds, nanoseconds);
  const { bytes } = batch;
  bytes.set([2, 0, destination >>> 24, destination >>> 16, destination >>> 8, destination, 2, 0], at);
  bytes.set([source >>> 24, source >>> 16, source >>> 8, source, 0x88, 0xb5], at + 8);
}

let turns = 0;

/** One turn of the loop: a batch of frames, a step of what else there is; answers microseconds. */
function turn(newSources: (() => number) | undefined, errand: Errand | undefined): [micros: number, more: boolean] {
  for (let i = 0; i < batchFrames; i++) {
    const station = below(addresses / 2) * 2;
    const isNew = newSources !== undefined && i % 4 === 0;
    addFrame(isNew ? newSources() : station, below(addresses / 2) * 2 + 1);
  }
  nanoseconds += 100_000;
  if (nanoseconds >= 1e9) {
    nanoseconds = 0;
    seconds++;
  }
  const start = cpuMicros();
  lead.treatAside();
  lead.process();
  lead.batch.clear();
  threadPorts.flush();
  const more = errand?.step() ?? false;
  if (++turns % turnsEachTick === 0) lead.forwarder.tick(seconds, nanoseconds);
  const micros = cpuMicros() - start;
  drain();
  return [micros, more];
}

/** What has left is taken off the cables. */
function drain(): void {
  for (const cable of cables) {
    while (cable.receive(lead.batch, 0) > 0) lead.batch.clear();
  }
}

function report(title: string, found: readonly number[]): void {
  const sorted = [...found].sort((a, b) => b - a);
  const text = (micros = 0) => `${(micros / 1000).toFixed(2)} ms`;
  const [longest, thousandth, middle] = [0, Math.floor(sorted.length / 1000), sorted.length >>> 1].map(
    (i) => sorted[i],
  );
  console.log(
    `${title.padEnd(44)} ${String(found.length).padStart(6)} turns: longest ${text(longest)}, 99.9 % within ${text(thousandth)}, half ${text(middle)}`,
  );
}

function run(title: string, count: number, newSources?: () => number, errand?: Errand): void {
  const found: number[] = [];
  for (let more = true; found.length < count || (errand !== undefined && more); ) {
    const [micros, left] = turn(newSources, more ? errand : undefined);
    found.push(micros);
    more = left;
  }
  report(title, found);
}

let next = 0;
run('learning, all of them', Math.ceil((addresses / batchFrames) * 4), () => (next < addresses ? next++ : 0));
run('forwarding, nothing else', 5000);
run('new addresses beyond the limit', 5000, () => addresses + below(1e9));
const flushed = lead.flush({ interface: 'none' }, () => {});
run('a flush that finds nothing', 1, undefined, flushed);

const publication = publish();
const coming = lead.comeTo(publication);
run('before other tables: copying', 1, undefined, coming);
const start = cpuMicros();
lead.asleep();
lead = new Lead(setup, publication, lead, coming);
report('the switch itself', [cpuMicros() - start]);
run('after it: carrying ages over', 2000);
{
  const other = publish();
  const copy = lead.comeTo(other).copy as MacCopy;
  const began = cpuMicros();
  copy.step(Number.POSITIVE_INFINITY);
  report('for comparison: copying at once', [cpuMicros() - began]);
}
seconds += ageing + 1;
run('ageing: all are too old, ticks take them out', 120_000 / 4);
next = addresses * 2;
run('ageing: and others come in their place', 20_000, () => next++);
run(
  'flushing all',
  1,
  undefined,
  lead.flush({}, (count) => console.log(`   ${count} forgotten`)),
);
