// The incoming label map (ILM, RFC 3031 section 3.11): a word for each of the 2^20 labels, and the entries.
//
//   map[key]      index of the entry, 0: none. key is the label with its bits as they lie in a little-endian
//                 word of the wire, so that a look-up swaps no bytes: see `labelKey`.
//   briefs[key]   what the fast path does with the label without a second look, 0: it has to look at the entry.
//                 Either a flat leg that swaps, or pops by `Flat.php`; or, with bit 31, a pop into a table (see `Brief`)
//   entry, words  0 action kind   1 its argument   2 payload kind of the entry (see `Payload`)
//                 3 TTL pop mode  4 TC pop mode (see `PopMode`)   5 label   6 1: each path ends the LSP here   7 free

/** What lies beneath the label, as its entry says: nothing said, either IP by the nibble, one of them, or a frame. */
export const Payload = { unknown: 0, ip: 1, ethernet: 2, ip4: 4, ip6: 6 } as const;
/** RFC 3443 and RFC 3270 at a pop: uniform copies downwards; pipe and short-pipe leave what is beneath alone. */
export const PopMode = { uniform: 0, pipe: 1 } as const;

/** A brief that pops the last label and looks up in a table; the pipe bits tell what its TTL and TC do not do. */
export const Brief = { toTable: 0x80000000, ttlPipe: 0x40000000, tcPipe: 0x20000000, table: 0x00ffffff } as const;

export const labelCount = 1 << 20;
export const labelEntryWords = 8;

/** Key of a label (20 bits): byte 0 and 1 of the wire in bits 0–15, the high nibble of byte 2 in bits 16–19. */
export function labelKey(label: number): number {
  return ((label >>> 12) & 0xff) | ((label << 4) & 0xff00) | ((label & 15) << 16);
}

/** A stack entry of the label with TC, S and TTL 0, as a little-endian machine reads it. */
export function wireLabel(label: number): number {
  return ((label >>> 12) & 0xff) | ((label << 4) & 0xff00) | ((label & 15) << 20);
}

/** The S bit of such an entry. */
export const wireBottom = 0x00010000;

export class LabelTable {
  readonly map: Uint32Array;
  readonly briefs: Uint32Array;
  readonly entries: Uint32Array;

  constructor(map: Uint32Array, briefs: Uint32Array, entries: Uint32Array) {
    this.map = map;
    this.briefs = briefs;
    this.entries = entries;
  }
}
