// What writer and reader of readers.test.ts agree on: which labels a packet for a prefix of a VRF, or with a label, may get
// pushed. Every label tells whom it is for, so that a record of somebody else gives itself away.

export const vrfNames = ['red', 'blue'] as const;
export const prefixCount = 400;
export const labelCount = 200;
/** Versions of an entry, each with a label of its own. */
export const versions = 8;
export const transportFirst = 16_000;
export const transportCount = 16;

/** 10.X.Y.0/24, the same in both VRFs. */
export function prefixWord(prefix: number): number {
  return (0x0a400000 + prefix * 256) >>> 0;
}

export function vpnLabel(vrf: number, prefix: number, version: number): number {
  return 100_000 * (vrf + 1) + prefix * versions + version;
}

export const incomingFirst = 40_000;

export function swapLabel(label: number, version: number): number {
  return 500_000 + label * versions + version;
}

/** Places of the shared tally. */
export const Tally = { stop: 0, ready: 1, seen: 2, none: 3, wrong: 4, detail: 5 } as const;
export const tallyWords = 16;
