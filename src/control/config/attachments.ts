// What interfaces are attached to in a live run: devices of ports, and control ports. Each is read by itself first, and
// then all are held against each other, since a Linux interface is one port's only.
import type { ControlPortModel, DeviceModel, PaceModel } from '../model.ts';
import type { Circuits } from './circuits.ts';
import type { ReadInterface } from './interfaces.ts';
import type { Place } from './problems.ts';
import type { DeviceConfig, InterfaceConfig } from './schema.ts';
import type { Draft } from './structure.ts';
import type { World } from './world.ts';

type InterfaceDraft = Draft<Partial<InterfaceConfig>>;

/** IFNAMSIZ without the byte that ends it. */
const linuxNameBytesMax = 15;

/** The schema counts characters, the kernel bytes. */
function fitsKernel(name: string, place: Place, { findings }: World): boolean {
  const bytes = new TextEncoder().encode(name).length;
  if (bytes <= linuxNameBytesMax) return true;
  findings.report(place, `the name is too long: Linux takes ${linuxNameBytesMax} bytes, got ${bytes}`);
  return false;
}

type CaptureConfig = Exclude<NonNullable<DeviceConfig['pcap']>, string>;

function readPace(config: CaptureConfig, place: Place, { findings }: World): PaceModel {
  const given = (['speed', 'pps', 'topspeed'] as const).filter((key) => config[key] !== undefined);
  const [first, second] = given;
  if (second !== undefined)
    findings.report([...place, second], `'${second}' next to '${first}': one pace is due`, 'key');
  if (config.in === undefined && first !== undefined && !findings.touches([...place, 'in'])) {
    findings.report([...place, first], `'${first}' without 'in': it is how a capture is played`, 'key');
  }
  if (config.pps !== undefined) return { by: 'rate', framesPerSecond: config.pps };
  return config.topspeed === true ? { by: 'topspeed' } : { by: 'time', speed: config.speed ?? 1 };
}

function readCaptures(value: NonNullable<DeviceConfig['pcap']>, place: Place, world: World): DeviceModel {
  const config: CaptureConfig = typeof value === 'string' ? { in: value } : value;
  const { findings } = world;
  const pace = readPace(config, place, world);
  if (config.in === undefined && config.out === undefined && !findings.touches(place)) {
    findings.report(place, "a capture is due: 'in', 'out' or both");
  }
  if (config.in !== undefined && config.in === config.out) {
    findings.report([...place, 'out'], `${config.out} is also what arrives: it would be overwritten`);
  }
  return { kind: 'pcap', in: config.in, out: config.out, pace };
}

/** undefined: none, or damaged, which is reported. */
export function readDevice({ place, value }: InterfaceDraft, world: World): DeviceModel | undefined {
  const { afpacket, tap, cap, pcap, loopback } = value.device ?? {};
  const at = (...rest: string[]) => [...place, 'device', ...rest];
  if (afpacket !== undefined) {
    const isText = typeof afpacket === 'string';
    // What the schema has refused was taken out, due keys too.
    const name: string | undefined = isText ? afpacket : afpacket.interface;
    if (name === undefined || !fitsKernel(name, isText ? at('afpacket') : at('afpacket', 'interface'), world)) return;
    return { kind: 'afpacket', interface: name, lowLatency: !isText && afpacket.latency === 'low' };
  }
  if (tap !== undefined) {
    const isText = typeof tap === 'string';
    const name: string | undefined = isText ? tap : tap.name;
    if (name === undefined || !fitsKernel(name, isText ? at('tap') : at('tap', 'name'), world)) return;
    return { kind: 'tap', name, netns: isText ? undefined : tap.netns };
  }
  if (cap !== undefined) return fitsKernel(cap, at('cap'), world) ? { kind: 'cap', interface: cap } : undefined;
  if (pcap !== undefined) return readCaptures(pcap, at('pcap'), world);
  return loopback === undefined ? undefined : { kind: 'loopback', name: loopback };
}

/** undefined: none, or damaged, which is reported. */
export function readControlPort({ place, value }: InterfaceDraft, world: World): ControlPortModel | undefined {
  const { name, netns }: { name?: string; netns?: string } = value.controlPort ?? {};
  if (name === undefined || netns === undefined) return undefined;
  return fitsKernel(name, [...place, 'controlPort', 'name'], world) ? { name, netns } : undefined;
}

function checkControlPortRole({ model, draft }: ReadInterface, circuits: Circuits, { findings }: World): void {
  const { name, role } = model;
  const place = [...draft.place, 'controlPort'];
  if (role === 'circuit') {
    const where = circuits.interfaces.get(name);
    findings.report(place, `${name} is a circuit (${where}): nothing on it is for the router itself`, 'key');
  }
  const mayBeRouted = findings.isIncomplete(draft.place);
  const isDamaged = (['addresses', 'vrf', 'mpls'] as const).some((key) => findings.touches([...draft.place, key]));
  if (role !== 'carrier' || mayBeRouted || isDamaged) return;
  findings.report(place, `${name} takes no untagged frames: its sub-interfaces have control ports of their own`, 'key');
}

/** Where a name of a Linux interface stands, and what it is there: `the device of port ce1`. */
interface Claim {
  readonly name: string;
  /** undefined: the namespace of the run. */
  readonly netns: string | undefined;
  readonly place: Place;
  readonly what: string;
}

function claimsOf({ model, draft }: ReadInterface): Claim[] {
  const { device, controlPort } = model;
  const claims: Claim[] = [];
  const add = (name: string, netns: string | undefined, key: string, what: string) =>
    claims.push({ name, netns, place: [...draft.place, key], what: `${what} ${model.name}` });
  if (device?.kind === 'afpacket' || device?.kind === 'cap') {
    add(device.interface, undefined, 'device', 'the device of port');
  } else if (device?.kind === 'tap') add(device.name, device.netns, 'device', 'the device of port');
  if (controlPort !== undefined) add(controlPort.name, controlPort.netns, 'controlPort', 'the control port of');
  return claims;
}

function checkNamesDiffer(interfaces: readonly ReadInterface[], { findings }: World): void {
  const owners = new Map<string, string>();
  for (const { name, netns, place, what } of interfaces.flatMap(claimsOf)) {
    // A namespace has no '/' in its name.
    const key = `${netns ?? ''}/${name}`;
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, what);
    else findings.report(place, `${name}${netns === undefined ? '' : ` in ${netns}`} is already ${owner}`);
  }
}

function checkLoopbacksPaired(interfaces: readonly ReadInterface[], { drafts, findings }: World): void {
  const ends = new Map<string, ReadInterface[]>();
  for (const item of interfaces) {
    const { device } = item.model;
    if (device?.kind === 'loopback') ends.set(device.name, [...(ends.get(device.name) ?? []), item]);
  }
  // The other end may be in what is damaged.
  const areAllKnown =
    drafts.isComplete('interfaces') &&
    interfaces.every(
      ({ draft }) => !findings.isIncomplete(draft.place) && !findings.touches([...draft.place, 'device']),
    );
  for (const [name, [first, second, ...more]] of ends) {
    const at = (item: ReadInterface) => [...item.draft.place, 'device', 'loopback'];
    if (first !== undefined && second === undefined && areAllKnown) {
      findings.report(at(first), `${name} has one end only: a second port with the same name is due`);
    }
    for (const item of more) {
      findings.report(at(item), `${name} has two ends already: ${first?.model.name} and ${second?.model.name}`);
    }
  }
}

function checkDevicesDue(interfaces: readonly ReadInterface[], { findings }: World): void {
  for (const { model, draft, isPort } of interfaces) {
    const { place } = draft;
    // The router's place in a bridge has no wire.
    if (!isPort || model.device !== undefined || model.bridge !== undefined) continue;
    if (findings.isIncomplete(place) || findings.touches([...place, 'device'])) continue;
    findings.report(place, "missing key 'device': in a live run each port is attached to something", 'key');
  }
}

export function checkAttachments(interfaces: readonly ReadInterface[], circuits: Circuits, world: World): void {
  for (const item of interfaces) {
    if (item.draft.value.controlPort !== undefined) checkControlPortRole(item, circuits, world);
  }
  checkNamesDiffer(interfaces, world);
  checkLoopbacksPaired(interfaces, world);
  if (world.devicesDue) checkDevicesDue(interfaces, world);
}
