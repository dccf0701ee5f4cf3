// A MIB as objects that are asked: tables of columns over rows that are searched, answering for one OID or for the next.
// A scalar is a column of a table with the one row 0. Values are those of AgentX (RFC 2741, section 5.4).
import { compareOids, type Oid, startsWith } from './oid.ts';
import type { Rows } from './rows.ts';

/** Types of values, and what stands in their place. */
export const ValueType = {
  integer: 2,
  octets: 4,
  counter32: 65,
  gauge32: 66,
  timeTicks: 67,
  noSuchObject: 128,
  noSuchInstance: 129,
  endOfMibView: 130,
} as const;

/** A value with its name. Octets are texts of ASCII, and the others numbers that fit their type. */
export interface VarBind {
  readonly oid: Oid;
  readonly type: number;
  readonly value: string | number | null;
}

export interface Column<Item> {
  readonly number: number;
  readonly type: number;
  /** undefined: the row has none (it has gone since it was found). */
  readonly value: (item: Item) => string | number | undefined;
}

/** One table, with its items' type hidden away. */
export interface MibTable {
  readonly entry: Oid;
  get(oid: Oid): VarBind;
  /** The first value of the table not below the OID, or above it if `isInclusive` is false. */
  next(oid: Oid, isInclusive: boolean): VarBind | undefined;
}

/** `columns` in the order of their numbers. */
export function mibTable<Item>(entry: Oid, columns: readonly Column<Item>[], rows: Rows<Item>): MibTable {
  const bases = columns.map((column) => [...entry, column.number]);
  return {
    entry,
    get(oid) {
      const at = bases.findIndex((base) => startsWith(oid, base));
      const column = columns[at];
      const base = bases[at];
      if (column === undefined || base === undefined) return { oid, type: ValueType.noSuchObject, value: null };
      const row = rows.find(oid.slice(base.length));
      const value = row && column.value(row.item);
      if (value === undefined) return { oid, type: ValueType.noSuchInstance, value: null };
      return { oid, type: column.type, value };
    },
    next(oid, isInclusive) {
      for (const [at, base] of bases.entries()) {
        const column = columns[at] as Column<Item>;
        const isInside = startsWith(oid, base);
        if (!isInside && compareOids(oid, base) > 0) continue;
        let index: Oid = isInside ? oid.slice(base.length) : [];
        let row = rows.next(index, isInside ? isInclusive : true);
        while (row !== undefined) {
          const value = column.value(row.item);
          if (value !== undefined) return { oid: [...base, ...row.index], type: column.type, value };
          index = row.index;
          row = rows.next(index, false);
        }
      }
      return undefined;
    },
  };
}

export class Mib {
  readonly root: Oid;
  readonly #tables: readonly MibTable[];

  constructor(root: Oid, tables: readonly MibTable[]) {
    this.root = root;
    this.#tables = [...tables].sort((a, b) => compareOids(a.entry, b.entry));
  }

  get(oid: Oid): VarBind {
    const table = this.#tables.find(({ entry }) => startsWith(oid, entry));
    return table?.get(oid) ?? { oid, type: ValueType.noSuchObject, value: null };
  }

  /** The first value not below the OID (or above it), and below `end` if that is given; else endOfMibView. */
  next(oid: Oid, isInclusive: boolean, end: Oid | undefined): VarBind {
    for (const table of this.#tables) {
      if (compareOids(oid, table.entry) > 0 && !startsWith(oid, table.entry)) continue;
      const found = table.next(oid, isInclusive);
      if (found === undefined) continue;
      if (end !== undefined && compareOids(found.oid, end) >= 0) break;
      return found;
    }
    return { oid, type: ValueType.endOfMibView, value: null };
  }
}
