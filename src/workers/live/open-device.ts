// From the name of a device in the configuration to the device, in the thread that will own it.
import { ShimlineError } from '../../errors.ts';
import { openCaptureSink } from '../../io/devices/capture-sink.ts';
import { joined } from '../../io/devices/joined.ts';
import { Loopbacks } from '../../io/devices/loopback.ts';
import { openPacedCapture } from '../../io/devices/paced-capture.ts';
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
}

const fanoutGroups = 0x10000;
/** Ports joined with each other: by name, in the one thread that has them. */
const loopbacks = new Loopbacks();

/** Throws ShimlineError IO with a sentence that begins with the port's name. */
export async function openDevice(
  place: string,
  spec: DeviceSpec,
  { thread, threads, slot }: Opener,
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
        spec.in === undefined ? undefined : await openPacedCapture(place, spec.in, spec.pace, report),
        spec.out === undefined ? undefined : openCaptureSink(place, spec.out, report),
      );
    case 'loopback':
      return loopbacks.open(spec.name);
    case 'cap':
      throw new ShimlineError('IO', `${place}: libpcap works on the main thread only`);
  }
}

export function openControl(place: string, spec: ControlPortSpec): LiveDevice {
  return openControlPort({ place, ...spec, mac: Uint8Array.from(spec.mac) });
}
