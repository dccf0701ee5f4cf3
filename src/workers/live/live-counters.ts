// The books of a live run: what the forwarders of all threads count, under the tables in use and those before. Ports are
// told apart by name, since their numbers change with the tables.
import type { Counters } from '../../engine/counters.ts';
import { dropReasons, puntReasons } from '../../engine/reasons.ts';
import type { FrameCount } from '../summary.ts';

/** A moment's reading. Counters run on while they are read, so the books of one moment may be off by some frames. */
export interface LiveBooks {
  readonly ports: ReadonlyMap<string, { readonly in: FrameCount; readonly out: FrameCount }>;
  readonly copied: number;
  readonly made: number;
  readonly held: number;
  /** By number of reason. */
  readonly drops: readonly number[];
  readonly punts: readonly number[];
}

interface Page {
  readonly portNames: readonly string[];
  /** By thread. */
  readonly counters: readonly Counters[];
}

interface PortBooks {
  in: { frames: number; bytes: number };
  out: { frames: number; bytes: number };
}

export class LiveCounters {
  /** Pages that threads may still write to: the present one last. */
  #pages: Page[] = [];
  /** What stands on pages that are closed. */
  readonly #closed = new Map<string, PortBooks>();
  readonly #closedTotals = { copied: 0, made: 0, held: 0 };
  readonly #closedDrops: number[] = dropReasons.map(() => 0);
  readonly #closedPunts: number[] = puntReasons.map(() => 0);

  /** Other tables are published: threads begin to count here. */
  begin(portNames: readonly string[], counters: readonly Counters[]): void {
    this.#pages.push({ portNames, counters });
  }

  /** Every thread counts on the present page now. */
  closeEarlier(): void {
    while (this.#pages.length > 1) {
      const page = this.#pages.shift() as Page;
      addPage(page, this.#closed, this.#closedTotals, this.#closedDrops, this.#closedPunts);
    }
  }

  read(): LiveBooks {
    const ports = new Map(
      [...this.#closed].map(([name, books]) => [name, { in: { ...books.in }, out: { ...books.out } }]),
    );
    const totals = { ...this.#closedTotals };
    const drops = [...this.#closedDrops];
    const punts = [...this.#closedPunts];
    for (const page of this.#pages) addPage(page, ports, totals, drops, punts);
    return { ports, ...totals, drops, punts };
  }
}

function addPage(
  page: Page,
  ports: Map<string, PortBooks>,
  totals: { copied: number; made: number; held: number },
  drops: number[],
  punts: number[],
): void {
  for (const counters of page.counters) {
    page.portNames.forEach((name, port) => {
      const books = ports.get(name) ?? { in: { frames: 0, bytes: 0 }, out: { frames: 0, bytes: 0 } };
      ports.set(name, books);
      books.in.frames += counters.inFrames[port];
      books.in.bytes += counters.inBytes[port];
      books.out.frames += counters.outFrames[port];
      books.out.bytes += counters.outBytes[port];
    });
    totals.copied += counters.copied;
    totals.made += counters.made;
    totals.held += counters.held;
    counters.drops.forEach((count, reason) => {
      drops[reason] += count;
    });
    counters.punts.forEach((count, reason) => {
      punts[reason] += count;
    });
  }
}
