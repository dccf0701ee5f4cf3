// A control port: the TAP on which a routing daemon, in a namespace of the user's choice, sees a port of the router as if
// it were its own. It has the port's MAC and addresses; the namespace's loopback carries the router's id.
import { ShimlineError } from '../../errors.ts';
import type { IpPrefix } from '../../wire/address.ts';
import { inNamespace } from './netns.ts';
import { Rtnetlink } from './rtnetlink.ts';
import { openTap, prefixOf, type Tap } from './tap.ts';

export interface ControlPortOptions {
  /** Begins every error: `interfaces.ce1.controlPort`. */
  readonly place: string;
  /** Name of the TAP. */
  readonly name: string;
  /** Name or path of its network namespace; default: where we are. */
  readonly netns?: string | undefined;
  /** The port's own, six bytes. */
  readonly mac: Uint8Array;
  /** Bytes of a packet. */
  readonly mtu: number;
  /** Those of the interface in the configuration: `10.1.1.1/24`. */
  readonly addresses: readonly string[];
  /** Addresses of the router itself for the namespace's loopback: `192.0.2.1/32`, `2001:db8::1/128`. */
  readonly loopback?: readonly string[] | undefined;
}

/**
 * Opens a control port. Throws ShimlineError as `openTap` does, and leaves nothing behind then. Addresses of the loopback
 * stay when it is closed: sessions of daemons that outlive a restart depend on them, and other ports have them too.
 */
export function openControlPort(options: ControlPortOptions): Tap {
  const { place, name, netns, mac, mtu, addresses } = options;
  const loopback = (options.loopback ?? []).map((text) => prefixOf(place, text));
  const tap = openTap({ place, name, netns, mac, mtu, addresses, quiet: true });
  try {
    inNamespace(place, netns, () => setLoopback(place, loopback));
    return tap;
  } catch (error) {
    tap.close();
    throw error;
  }
}

/** Brings the loopback up with these addresses. On an error it is as it was before. */
function setLoopback(place: string, prefixes: readonly IpPrefix[]): void {
  const requests = new Rtnetlink(place);
  const undo: (() => void)[] = [];
  try {
    const lo = requests.link('lo');
    if (lo === undefined) throw new ShimlineError('IO', `${place}: the network namespace has no loopback interface lo`);
    const { index } = lo;
    if (!lo.up) {
      requests.setLink(index, { up: true }, 'lo');
      undo.push(() => requests.setLink(index, { up: false }, 'lo'));
    }
    const present = requests.addresses().filter((address) => address.index === index);
    for (const prefix of prefixes) {
      if (present.some((address) => isSame(address.prefix, prefix))) continue;
      requests.addAddress(index, prefix, 'lo');
      undo.push(() => requests.deleteAddress(index, prefix, 'lo'));
    }
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw error;
  } finally {
    requests.close();
  }
}

function isSame(a: IpPrefix, b: IpPrefix): boolean {
  return a.family === b.family && a.length === b.length && a.words.every((word, i) => word === b.words[i]);
}
