// From the name of a device in the configuration to the device, in the thread that will own it.
import { ShimlineError } from '../../errors.ts';
import { CaptureSink } from '../../io/devices/capture-sink.ts';
import { joined, silent, thrownAway } from '../../io/devices/halves.ts';
import { type LoopbackDevice, openLoopback } from '../../io/devices/loopback.ts';
import { openPacedCapture } from '../../io/devices/paced-capture.ts';
import { RingDevice, type RingDeviceShare } from '../../io/devices/ring-device.ts';
import { openAfpacket } from '../../io/linux/afpacket.ts';
import { openControlPort } from '../../io/linux/control-port.ts';
import { openTap } from '../../io/linux/tap.ts';
import type { DeviceSpec, LiveDevice } from '../../io/live-device.ts';
import type { ControlPortSpec } from './messages.ts';

/** Which of how many threads opens it, and with what number the packet sockets of a port find each other. */
export interface Opener {
  readonly thread: number;
  readonly threads: number;
  readonly slot: number;
  /** Of a device whose other end is in the main thread. */
  readonly share: RingDeviceShare | undefined;
}

const fanoutGroups = 0x10000;
/** Other ends of cables that wait for their port, by name; all are in one thread. */
const loopbackEnds = new Map<string, LoopbackDevice>();

function openLoopbackEnd(name: string): LoopbackDevice {
  const waiting = loopbackEnds.get(name);
  loopbackEnds.delete(name);
  if (waiting !== undefined) return waiting;
  const [one, other] = openLoopback();
  loopbackEnds.set(name, other);
  return one;
}

/** Throws ShimlineError IO with a sentence that begins with the port's name. */
export async function openDevice(
  place: string,
  spec: DeviceSpec,
  { thread, threads, slot, share }: Opener,
  report: (line: string) => void,
): Promise<LiveDevice> {
  switch (spec.kind) {
    case 'afpacket': {
      const group = (process.pid * 31 + slot) % fanoutGroups;
      const shared = threads > 1 ? { fanout: { group, members: threads } } : {};
      const { interface: name, lowLatency } = spec;
      return openAfpacket({ place, interface: name, lowLatency, queue: thread, ...shared }, report);
    }
    case 'tap':
      return openTap({ place, name: spec.name, netns: spec.netns, up: true });
    case 'pcap':
      return joined(
        spec.in === undefined ? silent : await openPacedCapture(spec.in, { pace: spec.pace, report }),
        spec.out === undefined ? thrownAway : new CaptureSink({ name: place, path: spec.out, report }),
      );
    case 'loopback':
      return openLoopbackEnd(spec.name);
    case 'cap':
      if (share === undefined) throw new ShimlineError('IO', `${place}: libpcap has its place in the main thread`);
      return new RingDevice(share);
  }
}

export function openControl(place: string, spec: ControlPortSpec): LiveDevice {
  return openControlPort({ place, ...spec, mac: Uint8Array.from(spec.mac) });
}
