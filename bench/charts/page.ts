// docs/benchmarks.md: every chart with its numbers, what was measured, on which machine, and how to do it again.
import { machineText } from '../report.ts';
import { type ChartData, tableOf, type Unit } from './data.ts';
import type { ChartDefinition } from './definitions.ts';

/** Threads are judged by what they bring together, all else by what a frame costs. */
export const unitOf = ({ series }: ChartDefinition): Unit => (series === undefined ? 'mpps' : 'ns');

const head = `# Benchmarks

Made by \`npm run -s bench -- charts\`, which measures and writes this page: not to be edited. The numbers themselves are in
\`benchmarks/*.json\`.

- A frame is copied once from memory into a batch, its destination MAC address and checksum are checked, it is looked up, rewritten and
  counted: the code that \`replay\` runs, without the files.
- The yardsticks are C programs (\`bench/yardstick\`, \`-O3 -march=native\`) over the same tables and frames. Before anything is timed,
  every frame that they send has to be the same as ours, bit by bit.
- All sides take turns in processes of their own; numbers are medians. *ns* is CPU time a frame, on one thread. *ratio* is what a frame
  costs us as a multiple of what it costs the yardstick: below 1 we are faster.
- Again, here or elsewhere: \`npm ci\`, then \`npm run -s bench -- charts\`, on a machine that has nothing else to do; a C
  compiler for the yardsticks. \`--only NAME\` measures one chart anew: ${'NAMES'}.`;

function sectionOf(definition: ChartDefinition, data: ChartData): string {
  const { name, title, text, axis } = definition;
  return [
    `## ${title}`,
    text,
    `![${title}](benchmarks/${name}.svg)`,
    tableOf(data, axis, unitOf(definition)),
    `${data.date}, ${machineText(data.machine)}; medians of ${data.runs} runs.${data.quick ? ' **A quick run with small tables: the numbers say nothing.**' : ''}`,
  ].join('\n\n');
}

export function pageText(sections: readonly (readonly [ChartDefinition, ChartData])[]): string {
  const names = sections.map(([{ name }]) => `\`${name}\``).join(', ');
  return `${[head.replace('NAMES', names), ...sections.map((each) => sectionOf(...each))].join('\n\n')}\n`;
}
