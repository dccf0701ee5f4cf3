// For the test of the device cap, run in a namespace with two interfaces that are joined: frames there and back, a link
// that goes down and up, an interface that is removed and made again. Prints what it sees as JSON.
import { spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { CapPort } from '../../src/io/devices/cap-device.ts';
import { RingDevice, RingDeviceEnd, shareRingDevice } from '../../src/io/devices/ring-device.ts';
import { Batch } from '../../src/wire/batch.ts';

const [, , nearName = '', farName = ''] = process.argv;
const reports: string[] = [];

async function open(name: string): Promise<{ device: RingDevice; port: CapPort }> {
  const share = shareRingDevice();
  const end = new RingDeviceEnd(share);
  const port = await CapPort.open({ interface: name, end, report: (line) => reports.push(line) });
  return { device: new RingDevice(share), port };
}

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}

/** A frame of a local experimental EtherType, which nobody else sends. */
function frame(index: number, length: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => index + i);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5, index >> 8, index & 255]);
  return bytes;
}

const near = await open(nearName);
const far = await open(farName);
const batch = new Batch();

/** The frames of ours that arrive until so many have, in order of arrival; gives up after a while. */
async function arriving(device: RingDevice, count: number, patience = 400): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; i < patience && seen.length < count; i++) {
    batch.clear();
    device.receive(batch, 3);
    for (let slot = 0; slot < batch.count; slot++) {
      const bytes = batch.bytes.subarray(batch.start[slot], batch.start[slot] + batch.captured[slot]);
      if (bytes[12] === 0x88 && bytes[13] === 0xb5) seen.push(Buffer.from(bytes).toString('hex'));
    }
    await setTimeout(5);
  }
  return seen;
}

/** Sends one frame again and again until one arrives: whether the link works again. */
async function works(): Promise<boolean> {
  for (let i = 0; i < 200; i++) {
    near.device.send(frame(7, 60), 0, 60);
    near.device.flush();
    if ((await arriving(far.device, 1, 20)).length > 0) return true;
  }
  return false;
}

// libpcap checks the first frame itself, where the filter `inbound` matches nothing: it is lost.
const atFirst = await works();
await arriving(far.device, 1000, 20);
const sent: string[] = [];
const arrived: string[] = [];
/** libpcap's ring holds few frames, and loses the others without a word. */
const groupFrames = 50;
for (let i = 0; i < 500; i++) {
  const bytes = frame(i, 60 + i);
  sent.push(Buffer.from(bytes).toString('hex'));
  near.device.send(bytes, 0, bytes.length);
  if (i % groupFrames < groupFrames - 1) continue;
  near.device.flush();
  arrived.push(...(await arriving(far.device, groupFrames)));
}
const echoed = await arriving(near.device, 1, 20);
const back = frame(1, 60);
// The first one that way is lost likewise.
far.device.send(back, 0, 60);
far.device.flush();
await arriving(near.device, 1000, 20);
far.device.send(back, 0, 60);
far.device.flush();
const returned = await arriving(near.device, 1);
const now = Date.now() / 1000;
const isNow = Math.abs(now - batch.seconds[0]) < 60;

ip('link', 'set', nearName, 'down');
await setTimeout(300);
near.device.send(back, 0, 60);
near.device.flush();
await setTimeout(300);
ip('link', 'set', nearName, 'up');
const afterFlap = await works();
// Frames leave by another process than that which says it.
for (let i = 0; i < 1000 && !reports.includes(`${nearName}: cap: is open again`); i++) await setTimeout(20);
ip('link', 'delete', nearName);
await setTimeout(300);
ip('link', 'add', 'name', nearName, 'type', 'veth', 'peer', 'name', farName);
ip('link', 'set', nearName, 'up');
ip('link', 'set', farName, 'up');
const afterReturn = await works();
const failed = near.device.readCounts().sendFailed;
await near.port.close();
await far.port.close();
console.log(
  JSON.stringify({
    same: arrived.join() === sent.join(),
    arrived: arrived.length,
    echoed: echoed.length,
    returned: returned.join() === Buffer.from(back).toString('hex'),
    isNow,
    atFirst,
    afterFlap,
    afterReturn,
    failed,
    reports,
  }),
);
