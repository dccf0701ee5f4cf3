// One suite of micro benchmarks through benny; every case does its work for many items at once, and what is printed is
// time an item.
import b from 'benny';

export interface MicroCase {
  readonly name: string;
  /** What one call handles: so many look-ups, frames, headers. */
  readonly items: number;
  readonly unit: string;
  /** Answers something that depends on the work, so that none of it can be left out. */
  readonly run: () => number | Promise<number>;
}

export interface MicroSuite {
  readonly name: string;
  /** What is measured, in a few words. */
  readonly title: string;
  /** Sets up and runs. */
  run(): Promise<void>;
}

/** What the cases have answered. */
let answers = 0;

function addCase({ name, run }: MicroCase, isAsync: boolean) {
  if (isAsync) {
    return b.add(name, async () => {
      answers += await run();
    });
  }
  return b.add(name, () => {
    answers += run() as number;
  });
}

/** What of benny's summary is printed; times are seconds a call. */
interface Results {
  readonly results: readonly {
    readonly margin: number;
    readonly details: { readonly median: number; readonly sampleResults: readonly number[] };
  }[];
}

/** Runs the cases one after the other and prints a line for each. */
export async function runSuite(name: string, cases: readonly MicroCase[]): Promise<void> {
  const kinds = cases.map((each) => typeof each.run() !== 'number');
  const print = ({ results }: Results): void => {
    for (const [i, { details, margin }] of results.entries()) {
      const { name: caseName, items, unit } = cases[i];
      const nanoseconds = ((details.median * 1e9) / items).toFixed(2);
      console.log(
        `  ${caseName}: ${nanoseconds} ns a ${unit}, median of ${details.sampleResults.length}, ±${margin} %`,
      );
    }
  };
  await b.suite(name, ...cases.map((each, i) => addCase(each, kinds[i])), b.complete(print));
  if (Number.isNaN(answers)) throw new Error('a case answered no number');
}
