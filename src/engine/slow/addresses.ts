// The router's own addresses, by interface and by table.
import { Action } from '../../tables/actions.ts';
import { addressWords, interfaceWords } from '../../tables/interfaces.ts';
import { routeWords, type Tables } from '../../tables/tables.ts';
import { maskWord } from '../../wire/address.ts';
import { isLinkLocal } from '../../wire/ip.ts';

/** An address of an interface, with the length of its subnet. */
export interface OwnAddress {
  readonly words: number[];
  readonly length: number;
}

/** The interface's addresses of a family, in the order of the configuration. */
export function* addressesOf(tables: Tables, interfaceIndex: number, family: 4 | 6): Generator<OwnAddress> {
  const { interfaces, addresses } = tables.interfaces;
  const record = interfaceIndex * interfaceWords;
  const first = interfaces[record + 10] as number;
  const last = first + (interfaces[record + 11] as number);
  for (let i = first; i < last; i++) {
    const at = i * addressWords;
    if (addresses[at] !== family) continue;
    yield {
      words: Array.from(addresses.subarray(at + 2, at + (family === 4 ? 3 : 6))),
      length: addresses[at + 1] as number,
    };
  }
}

/** Whether the address is one of the interface's own. Asked in floods, so without a generator. */
export function isOwnOf(tables: Tables, interfaceIndex: number, words: readonly number[]): boolean {
  const { interfaces, addresses } = tables.interfaces;
  const record = interfaceIndex * interfaceWords;
  const first = (interfaces[record + 10] as number) * addressWords;
  const last = first + (interfaces[record + 11] as number) * addressWords;
  const family = words.length === 1 ? 4 : 6;
  for (let at = first; at < last; at += addressWords) {
    let same = addresses[at] === family;
    for (let i = 0; same && i < words.length; i++) same = addresses[at + 2 + i] === words[i];
    if (same) return true;
  }
  return false;
}

function inSubnet(own: OwnAddress, words: readonly number[]): boolean {
  return words.every((word, i) => {
    const bits = own.length - 32 * i;
    return maskWord(word, bits) === maskWord(own.words[i] as number, bits);
  });
}

/** The interface's address whose subnet holds the address, or undefined. */
export function coveringAddress(
  tables: Tables,
  interfaceIndex: number,
  words: readonly number[],
): readonly number[] | undefined {
  for (const own of addressesOf(tables, interfaceIndex, words.length === 1 ? 4 : 6)) {
    if (inSubnet(own, words)) return own.words;
  }
  return undefined;
}

/** Whether the address may belong to a neighbour on the interface: in a connected subnet, one host's, not our own. */
export function mayBeNeighbor(tables: Tables, interfaceIndex: number, words: readonly number[]): boolean {
  if (isOwnOf(tables, interfaceIndex, words)) return false;
  if (words.length === 4 && isLinkLocal(words)) return true;
  for (const own of addressesOf(tables, interfaceIndex, words.length === 1 ? 4 : 6)) {
    if (!inSubnet(own, words)) continue;
    const hostBits = 32 - own.length;
    if (words.length === 4 || hostBits <= 1) return true;
    const host = ((words[0] as number) & ((1 << hostBits) - 1)) >>> 0;
    return host !== 0 && host !== ((1 << hostBits) - 1) >>> 0;
  }
  return false;
}

/** TTL-9: the interface's first address of the family that is not link-local. */
export function ownSource(tables: Tables, interfaceIndex: number, family: 4 | 6): readonly number[] | undefined {
  const { interfaces, addresses } = tables.interfaces;
  const record = interfaceIndex * interfaceWords;
  const first = (interfaces[record + 10] as number) * addressWords;
  const last = first + (interfaces[record + 11] as number) * addressWords;
  for (let at = first; at < last; at += addressWords) {
    if (addresses[at] !== family) continue;
    const words = [addresses[at + 2] as number];
    for (let i = 1; family === 6 && i < 4; i++) words.push(addresses[at + 2 + i] as number);
    if (!isLinkLocal(words)) return words;
  }
  return undefined;
}

/** Whether the IPv4 address is the broadcast address of a subnet connected in the table. */
export function isConnectedBroadcast(tables: Tables, table: number, address: number): boolean {
  const route = tables.trie4.lookup(table, [address]);
  return tables.routes[route * routeWords] === Action.broadcast;
}
