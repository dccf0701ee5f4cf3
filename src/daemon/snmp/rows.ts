// Rows of a conceptual table (RFC 2578, section 7.1.12): found by their index, or as the next one after any OID. Small
// tables are lists, made anew when their version changes; nothing is kept of their values.
import { compareOids, type Oid, placeAfter } from './oid.ts';

export interface Row<Item> {
  readonly index: Oid;
  readonly item: Item;
}

export interface Rows<Item> {
  find(index: Oid): Row<Item> | undefined;
  /** The first row not below the index, or above it if `isInclusive` is false. */
  next(index: Oid, isInclusive: boolean): Row<Item> | undefined;
}

export class ListedRows<Item> implements Rows<Item> {
  readonly #version: () => number;
  readonly #make: () => Row<Item>[];
  #madeFor: number | undefined;
  #rows: readonly Row<Item>[] = [];

  /** `make` gives the rows of a version, in any order. */
  constructor(version: () => number, make: () => Row<Item>[]) {
    this.#version = version;
    this.#make = make;
  }

  find(index: Oid): Row<Item> | undefined {
    const row = this.next(index, true);
    return row !== undefined && compareOids(row.index, index) === 0 ? row : undefined;
  }

  next(index: Oid, isInclusive: boolean): Row<Item> | undefined {
    const rows = this.all();
    return rows[placeAfter(rows, (row) => row.index, index, isInclusive)];
  }

  /** In order. */
  all(): readonly Row<Item>[] {
    const version = this.#version();
    if (version !== this.#madeFor) {
      this.#rows = this.#make().sort((a, b) => compareOids(a.index, b.index));
      this.#madeFor = version;
    }
    return this.#rows;
  }
}
