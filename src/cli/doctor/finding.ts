// What the doctor finds and what it looks at: the router, and facts about the machine that were gathered before. Checks are
// functions of these alone.
import type { DeviceModel, InterfaceModel, RouterModel } from '../../control/model.ts';
import type { LinkFacts, NamespaceFacts } from '../../io/linux/facts.ts';
import type { HostFacts } from '../../io/linux/host-facts.ts';

export interface Finding {
  /** error: the run fails, or a port of it does not work. warning: it misleads or loses. note: could not be seen. */
  readonly severity: 'error' | 'warning' | 'note';
  /** Stable, for programs: `capability`, `mtu` … */
  readonly check: string;
  /** The place in the configuration, `interfaces.core1.device`; empty: the machine. */
  readonly place: string;
  /** One sentence or two, without a final full stop. */
  readonly text: string;
  /** What mends it, or, where that takes a decision, shows more; to be run as root. */
  readonly command: string;
}

export interface Facts {
  /** As given by -c, for commands. */
  readonly configFile: string;
  readonly host: HostFacts;
  /** false: the interfaces in /sys are those of another namespace, and nothing is known of ours. */
  readonly isSysfsOwn: boolean;
  /** Names of all interfaces of our namespace. */
  readonly linkNames: readonly string[];
  /** By name; ends of veths that are attached too. What is absent does not exist. */
  readonly links: ReadonlyMap<string, LinkFacts>;
  /** By name. What is absent does not exist. */
  readonly namespaces: ReadonlyMap<string, NamespaceFacts>;
  /** Captures that cannot be opened, or written, with the reason: by path. */
  readonly captureProblems: ReadonlyMap<string, string>;
  /** The most labels that are pushed on a packet that leaves by a port, by its name. */
  readonly labelsMax: ReadonlyMap<string, number>;
}

export type Check = (model: RouterModel, facts: Facts) => Finding[];

const ranks = { error: 0, warning: 1, note: 2 } as const;

/** Errors first; findings of one weight stay in the order of the checks. */
export function bySeverity(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => ranks[a.severity] - ranks[b.severity]);
}

/** A port with the Linux interface that it is attached to. */
export interface Attached {
  readonly port: InterfaceModel;
  readonly name: string;
  /** `interfaces.core1.device` */
  readonly place: string;
}

/** The Linux interface that must be there before the run; undefined: there is none, or it is made by the run. */
export function interfaceOf(device: DeviceModel | undefined): string | undefined {
  return device?.kind === 'afpacket' || device?.kind === 'cap' ? device.interface : undefined;
}

export function attachedPorts(model: RouterModel): Attached[] {
  return model.interfaces.flatMap((port) => {
    const name = interfaceOf(port.device);
    return name === undefined ? [] : [{ port, name, place: `${port.path}.device` }];
  });
}

/** Attached ports whose interface is there. */
export function attachedLinks(model: RouterModel, facts: Facts): (Attached & { readonly link: LinkFacts })[] {
  return attachedPorts(model).flatMap((each) => {
    const link = facts.links.get(each.name);
    return link === undefined ? [] : [{ ...each, link }];
  });
}

/** Every TAP that the run makes: its name, namespace and place. */
export function tapsOf(model: RouterModel): { name: string; netns: string | undefined; place: string }[] {
  return model.interfaces.flatMap(({ path, device, controlPort }) => [
    ...(device?.kind === 'tap' ? [{ name: device.name, netns: device.netns, place: `${path}.device` }] : []),
    ...(controlPort === undefined ? [] : [{ ...controlPort, place: `${path}.controlPort` }]),
  ]);
}

export function count(number: number, one: string): string {
  return number === 1 ? `1 ${one}` : `${number} ${one}s`;
}

/** A name or path as one word of a shell's command. */
export function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
