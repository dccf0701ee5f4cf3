// `npm run bench -- charts`: measures series and writes a picture and the numbers of each, and the page that shows all.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildYardstick } from '../compiler.ts';
import type { ChartsOptions } from '../options.ts';
import { machineText, sayAlone, thisMachine } from '../report.ts';
import { withTempFolder } from '../temp-folder.ts';
import { type ChartData, marksOf } from './data.ts';
import { type ChartDefinition, charts, chosenCharts } from './definitions.ts';
import { draw } from './draw.ts';
import { measure } from './measure.ts';
import { pageText, unitOf } from './page.ts';

/** Beside the page. */
const folderName = 'benchmarks';

const yTitles = { ns: 'CPU time a frame, ns', mpps: 'million frames a second' } as const;

async function writeChart(folder: string, definition: ChartDefinition, data: ChartData): Promise<void> {
  const unit = unitOf(definition);
  const svg = await draw({
    title: definition.title,
    xTitle: definition.axis,
    yTitle: yTitles[unit],
    xLogarithmic: definition.logarithmic,
    marks: marksOf(data, unit),
  });
  writeFileSync(join(folder, `${definition.name}.svg`), svg);
  writeFileSync(join(folder, `${definition.name}.json`), `${JSON.stringify(data, undefined, 2)}\n`);
}

/** The page shows every chart that has been measured, now or before. */
function writePage(output: string): void {
  const sections = charts.flatMap((definition) => {
    const path = join(output, folderName, `${definition.name}.json`);
    if (!existsSync(path)) return [];
    return [[definition, JSON.parse(readFileSync(path, 'utf8')) as ChartData] as const];
  });
  writeFileSync(join(output, 'benchmarks.md'), pageText(sections));
}

export async function runCharts({ only, quick, runs, output }: ChartsOptions): Promise<void> {
  const chosen = chosenCharts(only);
  const pictures = join(output, folderName);
  await withTempFolder(async (folder) => {
    const yardstick = buildYardstick(folder);
    if (yardstick === undefined) sayAlone();
    const machine = thisMachine(yardstick?.compiler);
    console.log(machineText(machine));
    mkdirSync(pictures, { recursive: true });
    for (const definition of chosen) {
      const { name, axis } = definition;
      const tell = (at: number) => console.log(`${name}: ${at.toLocaleString('en')} (${axis})`);
      const points = await measure(definition, { runs, quick, folder, yardstick }, tell);
      const date = new Date().toISOString().slice(0, 10);
      await writeChart(pictures, definition, { name, date, machine, runs, quick, points });
    }
    writePage(output);
  });
  console.log(`${join(output, 'benchmarks.md')}: ${chosen.length} charts measured`);
}
