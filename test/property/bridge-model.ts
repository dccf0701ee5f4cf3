// A learning bridge as simple as can be, written from RFC 4762 and IEEE 802.1D without a look at the engine: a map, and a
// list of members. Addresses are texts, times are nanoseconds.

export interface Member {
  readonly name: string;
  /** Members of one group send nothing to each other; undefined: none. */
  readonly group: string | undefined;
}

export interface Frame {
  readonly from: string;
  readonly source: string;
  readonly destination: string;
  readonly time: bigint;
}

const second = 1_000_000_000n;
const isGroup = (mac: string) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

export class BridgeModel {
  readonly #members: readonly Member[];
  readonly #ageing: bigint;
  readonly #limit: number;
  readonly #known = new Map<string, { member: string; heard: bigint }>();

  constructor(members: readonly Member[], ageingSeconds: number, limit: number) {
    this.#members = members;
    this.#ageing = BigInt(ageingSeconds) * second;
    this.#limit = limit;
  }

  /** The members that the frame leaves by, in order; or why it does not. */
  forward(frame: Frame): readonly string[] | 'mac-limit' | 'filtered' {
    const { from, source, destination, time } = frame;
    if (!isGroup(source)) {
      // Too old to be known: gone, before anything is asked.
      for (const [mac, { heard }] of this.#known) if (time - heard >= this.#ageing) this.#known.delete(mac);
      if (!this.#known.has(source) && this.#known.size >= this.#limit) return 'mac-limit';
      this.#known.set(source, { member: from, heard: time });
    }
    const found = this.#known.get(destination);
    const isKnown = found !== undefined && time - found.heard < this.#ageing;
    const group = this.#groupOf(from);
    const allowed = (name: string) => name !== from && (group === undefined || this.#groupOf(name) !== group);
    const all = this.#members.map(({ name }) => name).filter(allowed);
    const out = isKnown ? all.filter((name) => name === found.member) : all;
    return out.length === 0 ? 'filtered' : out;
  }

  #groupOf(name: string): string | undefined {
    return this.#members.find((member) => member.name === name)?.group;
  }
}
