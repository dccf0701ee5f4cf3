// Plain tables for people: columns lined up by spaces, numbers to the right, nothing drawn.
import Table from 'cli-table3';
import pc from 'picocolors';
import type { TextStream } from './terminal.ts';

const plainChars = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Narrowest last column that is still worth wrapping words into, characters. */
const wrapWidthMin = 24;

export interface TableText {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Indexes of columns that hold numbers. */
  readonly numeric?: readonly number[];
}

function lastColumnWidth(table: TableText, terminalColumns: number): number | undefined {
  const last = table.columns.length - 1;
  let others = 0;
  for (let column = 0; column < last; column++) {
    const cells = [table.columns[column] ?? '', ...table.rows.map((row) => row[column] ?? '')];
    others += Math.max(...cells.map((cell) => cell.length)) + 2;
  }
  const room = terminalColumns - others;
  const longest = Math.max(...table.rows.map((row) => (row[last] ?? '').length));
  return longest > room && room >= wrapWidthMin ? room : undefined;
}

/** The table as lines, without a final newline. Words of the last column are wrapped to a terminal's width. */
export function formatTable(table: TableText, target: TextStream): string {
  const colors = pc.createColors(target.isTerminal && pc.isColorSupported);
  const numeric = new Set(table.numeric ?? []);
  const width = target.columns === undefined ? undefined : lastColumnWidth(table, target.columns);
  const drawn = new Table({
    head: table.columns.map((text) => colors.bold(text)),
    chars: plainChars,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: table.columns.map((_, i) => (numeric.has(i) ? 'right' : 'left')),
    ...(width !== undefined && {
      colWidths: table.columns.map((_, i) => (i === table.columns.length - 1 ? width : null)),
      wordWrap: true,
    }),
  });
  for (const row of table.rows) drawn.push([...row]);
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
