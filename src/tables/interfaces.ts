// Ports, (sub-)interfaces and their addresses. A port is where frames come in; its tags choose the interface.
//
//   port, words       0 interface of untagged frames + 1, 0: none takes them   1 free
//                     2 VLAN map + 1   3 outer (802.1ad) map + 1
//                     4 circuit of a port that is the router's own interface in a bridge, 0: a port like others
//                     5–7 free
//   interface, words  0 flags (see `Interface`)   1 port   2 table; of a circuit: which   3 mtu, bytes
//                     4 MAC, first two bytes   5 MAC, last four (numbers as written)
//                     6 first tag put on (TPID << 16 | VID)   7 second tag   8 tags   9 accept list + 1
//                     10 first address in `addresses`   11 addresses
//                     little-endian, for the fast path: 12 MAC bytes 0–3   13 MAC bytes 4, 5, then the first TPID or 0
//                     14 first TCI, then the second TPID or 0   15 second TCI
//   VLAN map          4,096 words in `maps`: interface + 1; of an outer map: the inner map + 1
//   accept list       32,768 words in `accepted`: one bit for each label
//   address, words    0 family   1 prefix length   2–5 address   6, 7 free

export const portWords = 8;
export const interfaceWords = 16;
export const addressWords = 8;
export const mapWords = 4096;
export const acceptWords = 1 << 15;

export const Interface = {
  mpls: 1,
  up: 4,
  urpfStrict: 8,
  urpfLoose: 16,
  /** An attachment circuit: takes every MAC, and no IP. */
  circuit: 32,
  /** The router's own interface in a bridge: no wire behind it. */
  bridged: 64,
  /** It has a control port, for live runs: a kernel elsewhere answers for its addresses. */
  control: 256,
} as const;

export class InterfaceTable {
  readonly ports: Uint32Array;
  readonly interfaces: Uint32Array;
  readonly maps: Uint32Array;
  readonly accepted: Uint32Array;
  readonly addresses: Uint32Array;

  constructor(
    ports: Uint32Array,
    interfaces: Uint32Array,
    maps: Uint32Array,
    accepted: Uint32Array,
    addresses: Uint32Array,
  ) {
    this.ports = ports;
    this.interfaces = interfaces;
    this.maps = maps;
    this.accepted = accepted;
    this.addresses = addresses;
  }

  get portCount(): number {
    return this.ports.length / portWords;
  }

  get interfaceCount(): number {
    return this.interfaces.length / interfaceWords;
  }

  /** ECMP-3: one write takes every path over the interface out of use, or back in. */
  setUp(index: number, up: boolean): void {
    const at = index * interfaceWords;
    if (up) Atomics.or(this.interfaces, at, Interface.up);
    else Atomics.and(this.interfaces, at, ~Interface.up);
  }

  isUp(index: number): boolean {
    return ((this.interfaces[index * interfaceWords] as number) & Interface.up) !== 0;
  }

  /** Whether the interface's accept list, if it has one, holds the label. */
  accepts(index: number, label: number): boolean {
    const list = this.interfaces[index * interfaceWords + 9] as number;
    if (list === 0) return true;
    const word = this.accepted[(list - 1) * acceptWords + (label >>> 5)] as number;
    return ((word >>> (label & 31)) & 1) === 1;
  }
}
