// Layer 2: attachment circuits, pseudowires and bridges. A circuit is one end of a service, whatever is behind it: an
// interface, a pseudowire (with its backup) or the router's own interface in a bridge. What comes in by one goes out by
// the other end of a cross-connect, or into a bridge.
//
//   circuit, words     0 kind (see `CircuitKind`)   1 interface or pseudowire   2 service (see `Service`)
//                      3 the circuit at the other end, or the bridge   4 split horizon group, 0: none
//                      5, 6, 7 storm control: broadcast, unknown and multicast frames a second + 1, 0: no limit
//                      (circuit 0 is none)
//   pseudowire, words  0 flags (see `Pseudowire`)   1 its circuit   2 path group towards the peer, 0: none usable
//                      3 remote label   4 mtu, bytes   5 backup pseudowire + 1   6 sequence number sent last
//                      7 sequence number expected   8 remote label with S, TC 0 and TTL 255 as a stack entry, little-
//                      endian; without S where a flow label follows   9 the only leg of the path group where that is
//                      flat, else 0   10 local label   11–15 free
//   bridge, words      0 first member in `members`   1 members   2 ageing, seconds   3 MACs at most
//                      4 flags (see `BridgeFlag`)   5 MACs learned now   6, 7 free
//   members            circuits in the order in which a flood visits them

export const circuitWords = 8;
export const pseudowireWords = 16;
export const bridgeWords = 8;

export const CircuitKind = { interface: 1, pseudowire: 2, routed: 3 } as const;
export const Service = { none: 0, wire: 1, bridge: 2 } as const;
/** Flags of a pseudowire. */
export const Pseudowire = { controlWord: 1, tagged: 2, flowLabel: 4, sequencing: 8 } as const;
/** Flags of a bridge: MAC addresses are learned for each VLAN of the customer (RFC 4762 section 7.2). */
export const BridgeFlag = { qualified: 1 } as const;
/** Classes of flooded frames, in the order of a circuit's storm words. */
export const Flood = { broadcast: 0, unknown: 1, multicast: 2 } as const;

export class CircuitTable {
  readonly circuits: Uint32Array;
  readonly pseudowires: Uint32Array;
  readonly bridges: Uint32Array;
  readonly members: Uint32Array;

  constructor(circuits: Uint32Array, pseudowires: Uint32Array, bridges: Uint32Array, members: Uint32Array) {
    this.circuits = circuits;
    this.pseudowires = pseudowires;
    this.bridges = bridges;
    this.members = members;
  }

  get circuitCount(): number {
    return this.circuits.length / circuitWords;
  }

  get bridgeCount(): number {
    return this.bridges.length / bridgeWords;
  }

  get pseudowireCount(): number {
    return this.pseudowires.length / pseudowireWords;
  }
}
