// The fast path as kernels: the passes of src/engine/fast once more, in AssemblyScript, over the same shared memory.
// The map of the passes is at the top of src/engine/fast/fast.ts, which is the reference for all that happens here.
// `npm run kernels` compiles this into src/engine/fast/kernel-binary.ts.
import { SLOT_CAPTURED, SLOT_DIRECT4, SLOT_DIRECT6, SLOT_EGRESS, SLOT_LIST4, SLOT_LIST6, SLOT_SLOW } from './layout';
import { admit4, admit6 } from './headers';
import { actOnLabels } from './labels';
import { forwardFrames } from './layer2';
import { link } from './link';
import { lookup4, lookup6 } from './lookup';
import { send4, send6, sendDirect } from './send';
import * as state from './state';

export { bind } from './state';

/** Slots that the last run has left to the slow path. */
export let slowCount: u32 = 0;

/** Treats frames from slot `from` on, of `count` in the batch; answers the slot behind the last one treated. */
export function run(from: u32, count: u32): u32 {
  const to = link(from, count);
  const plain4 = state.count4;
  const plain6 = state.count6;
  state.setCountDirect4(0);
  state.setCountDirect6(0);
  if ((state.countLabels | state.countWalk) != 0) actOnLabels();
  if (state.count4 > 0) route4(plain4);
  if (state.count6 > 0) route6(plain6);
  if (state.countDirect4 > 0) direct4();
  if (state.countDirect6 > 0) direct6();
  if (state.hasCircuits) forwardFrames(from, to);
  tally(from, to);
  return to;
}

/** What arrived as IPv4 (the first `plain` of the list), and what labels have uncovered. */
function route4(plain: u32): void {
  const list = state.slots + SLOT_LIST4;
  const popped = admit4(list, 0, plain, 0, true);
  const count = admit4(list, plain, state.count4, popped, true);
  lookup4(list, count);
  send4(list, count, popped);
}

function route6(plain: u32): void {
  const list = state.slots + SLOT_LIST6;
  const popped = admit6(list, 0, plain, 0);
  const count = admit6(list, plain, state.count6, popped);
  lookup6(list, count);
  send6(list, count, popped);
}

function direct4(): void {
  const list = state.slots + SLOT_DIRECT4;
  sendDirect(list, admit4(list, 0, state.countDirect4, 0, false), false);
}

function direct6(): void {
  const list = state.slots + SLOT_DIRECT6;
  sendDirect(list, admit6(list, 0, state.countDirect6, 0), true);
}

/** Pass 7. Frames in a row often leave by the same port. */
function tally(from: u32, to: u32): void {
  const slots = state.slots;
  let left: u32 = 0;
  let out: u32 = 0;
  let frames: u32 = 0;
  let octets: u32 = 0;
  for (let slot = from; slot < to; slot++) {
    const f = slots + (slot << 2);
    const port = load<u32>(f, SLOT_EGRESS);
    if (port != out) {
      if (out != 0) departed(out - 1, frames, octets);
      out = port;
      frames = 0;
      octets = 0;
    }
    if (port == 0) store<u32>(slots + (left++ << 2), slot, SLOT_SLOW);
    frames++;
    octets += load<u32>(f, SLOT_CAPTURED);
  }
  if (out != 0) departed(out - 1, frames, octets);
  slowCount = left;
}

function departed(port: u32, frames: u32, octets: u32): void {
  const at = port << 3;
  store<f64>(state.outFrames + at, load<f64>(state.outFrames + at) + frames);
  store<f64>(state.outBytes + at, load<f64>(state.outBytes + at) + octets);
}
