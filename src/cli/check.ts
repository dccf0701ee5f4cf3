// `shimline check`: validates a configuration and prints what the tables will hold, as text or as one JSON object.
import { loadConfig } from '../control/config/load.ts';
import { describeRouter, type Section } from '../control/describe.ts';
import { compileRouter } from '../control/router.ts';
import { portsWithoutMac } from './replayable.ts';
import { formatTable } from './table.ts';
import type { CliIo, TextStream } from './terminal.ts';

export interface CheckOptions {
  readonly config: string;
  readonly json?: boolean;
}

export async function check(options: CheckOptions, io: CliIo): Promise<number> {
  // A file for live runs is good as well: there a port has the address of its device.
  const model = await loadConfig(options.config, { live: true });
  for (const port of portsWithoutMac(model)) {
    io.err.write(
      `${options.config}: warning: interfaces.${port}: no mac: good for live runs, replay and trace need one\n`,
    );
  }
  const router = compileRouter(model);
  const sections = describeRouter(router);
  io.out.write(
    options.json ? `${JSON.stringify(sectionsAsObject(sections), null, 2)}\n` : sectionsAsText(sections, io.out),
  );
  return 0;
}

/** `Label entries (ILM)` → `labelEntries`. */
function keyOf(title: string): string {
  const words = title
    .toLowerCase()
    .replace(/\(.*\)/, '')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  return words.map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('');
}

/** One key per section, one object per row: every value is the text that people see. */
export function sectionsAsObject(sections: readonly Section[]): Record<string, Record<string, string>[]> {
  return Object.fromEntries(
    sections.map((section) => [
      keyOf(section.title),
      section.rows.map((row) => Object.fromEntries(section.columns.map((column, i) => [keyOf(column), row[i] ?? '']))),
    ]),
  );
}

function sectionsAsText(sections: readonly Section[], target: TextStream): string {
  return sections
    .filter((section) => section.rows.length > 0)
    .map((section) => `${section.title}\n${indented(formatTable(section, target))}\n`)
    .join('\n');
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
