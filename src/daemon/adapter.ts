// What adapters of routing engines have in common: the router that they fill, and what they tell of themselves. An adapter
// writes as one source (`fpm`), whose entries go stale with its session and are swept after it.
import type { EntryChange, RouterControl, TransactionResult } from '../control/live/index.ts';

/** A running router, as adapters use it. */
export interface AdapterRouter {
  /** To be read, and to mark entries as stale. */
  readonly control: RouterControl;
  /** Makes all of the changes or none. */
  apply(source: string, changes: readonly EntryChange[]): Promise<TransactionResult>;
  /** Takes out what is still stale of a source; answers how many entries. */
  sweep(source: string): Promise<number>;
}

export interface AdapterView {
  /** The source that it writes as. */
  readonly source: string;
  /** The administrative distance of that. */
  readonly distance: number;
  /** Where it listens, or whom it is connected to. */
  readonly address: string;
  readonly isConnected: boolean;
  /** The engine's end of the session; empty without one. */
  readonly peer: string;
  /** Sessions so far. */
  readonly sessions: number;
  /** Messages of the engine, and changes that they have made, since the start. */
  readonly messages: number;
  readonly changes: number;
  /** Entries of the engine that were not taken, since the start, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface Adapter {
  view(): AdapterView;
  close(): Promise<void>;
}
