// `npm start`: customer traffic through PE1, P and PE2. Shows what happened to some packets at each hop and to all of
// them in sum, writes captures to look into, and checks that every packet ended as promised: exit status 1 if not.
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pc from 'picocolors';
import { formatTable, type TableText } from '../src/cli/table.ts';
import type { TextStream } from '../src/cli/terminal.ts';
import { dropReasons, puntReasons } from '../src/engine/reasons.ts';
import { chapters, labMap } from './chapters.ts';
import { inputOption, routerNames, siteNames } from './lab.ts';
import { endingsOf } from './network.ts';
import { outputPlace, Recorder } from './record.ts';
import { type LabRun, runLab } from './run-lab.ts';
import { spread } from './spread.ts';
import { tellJourney, tellTraceroute, wrap } from './tell.ts';
import { flowCount, host } from './traffic.ts';
import { judge, judgeSpread } from './verify.ts';

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const isTerminal = process.stdout.isTTY === true;
const colors = pc.createColors(isTerminal && pc.isColorSupported);
const textWidth = 98;
const problemsShown = 20;

const stream: TextStream = {
  write: (text) => process.stdout.write(text),
  closed: false,
  isTerminal,
  columns: isTerminal ? process.stdout.columns : undefined,
};

const print = (...lines: readonly string[]): void => stream.write(`${lines.join('\n')}\n`);
const heading = (text: string): void => print('', colors.bold(text), colors.dim('─'.repeat(textWidth)));
const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ');
const table = (content: TableText): void => print(indented(formatTable(content, stream)));

function introduce(run: LabRun): void {
  print(colors.bold('shimline: two PE routers, a P router, and two customers with the same addresses'), '', labMap, '');
  const text = `${run.journeys.length} packets from five captures (pcaps/lab/*.pcap) through three routers (pcaps/lab/*.yaml), \
whose links are 5 ms long. Seven of the packets, hop by hop: the frame on each link, and what a router decided.`;
  print(...wrap(text, textWidth));
}

function tellChapters({ journeys }: LabRun): void {
  for (const [i, chapter] of chapters.entries()) {
    heading(`${i + 1}  ${chapter.title}`);
    print(...wrap(chapter.text, textWidth), '');
    const journey = journeys.find(({ probe }) => probe.highlight === chapter.highlight);
    if (journey !== undefined) print(...tellJourney(journey, colors, chapter.errorInFull ?? false));
  }
}

function tellTraceroutes({ journeys }: LabRun): void {
  heading(`What the customers see: traceroute from ${host.one} to ${host.two}`);
  print(
    ...wrap(
      "The label stacks are in the ICMP errors (RFC 4950). P and PE2 take equally long: an error of P goes on to PE2 \
first, because P knows no way back to a customer. Blue's routes say `ttl: pipe`, which hides P.",
      textWidth,
    ),
  );
  for (const site of ['red site 1', 'blue site 1'] as const) {
    print('', `  ${site}`, indented(indented(tellTraceroute(journeys, site, host.two).join('\n'))));
  }
}

function tellSpread({ journeys }: LabRun): void {
  heading(`Two links between P and PE2: ${flowCount} flows from each site, two packets of each`);
  const rows = siteNames
    .filter((site) => site !== 'internet')
    .map((site) => spread(journeys, site))
    .map(({ from, a, b, torn }) => [from, `${a}`, `${b}`, `${torn}`]);
  table({ columns: ['flows from', 'link a', 'link b', 'on both'], rows, numeric: [1, 2, 3] });
}

const counted = (count: number): string => (count === 0 ? '' : `${count}`);

function tellSums({ network }: LabRun): void {
  heading('In sum: in + made = out + punted + dropped, at every router');
  const counters = routerNames.map((name) => ({ name, counters: network.routers.get(name)?.counters }));
  const rows = counters.map(({ name, counters: c }) => [
    name.toUpperCase(),
    ...[c?.framesIn, c?.made, c?.framesOut, c?.punted, c?.dropped].map((count = 0) => `${count}`),
  ]);
  table({ columns: ['router', 'in', 'made', 'out', 'punted', 'dropped'], rows, numeric: [1, 2, 3, 4, 5] });
  for (const [title, reasons, key] of [
    ['dropped', dropReasons, 'drops'],
    ['punted', puntReasons, 'punts'],
  ] as const) {
    const reasonRows = reasons
      .map(({ name, text }, i) => ({ name, text, counts: counters.map((each) => each.counters?.[key][i] ?? 0) }))
      .filter(({ counts }) => counts.some((count) => count > 0))
      .map(({ name, text, counts }) => [name, ...counts.map(counted), text]);
    print('');
    table({ columns: [title, 'PE1', 'P', 'PE2', 'why'], rows: reasonRows, numeric: [1, 2, 3] });
  }
}

function tellFiles(recorder: Recorder, place: string, isWanted: boolean): void {
  heading('Captures to open in Wireshark: each frame has a comment that says why it looks as it does');
  if (!isWanted) print('  (out/lab cannot be written here: they are among the temporary files)');
  const width = recorder.journeyPath.length + 2;
  print(`  ${recorder.journeyPath.padEnd(width)}every link of the lab, in order of time`);
  for (const name of routerNames) {
    const files = `what ${name.toUpperCase()} sent, one file a port; drop.pcapng, punt.pcapng`;
    print(`  ${`${join(place, name)}/`.padEnd(width)}${files}`);
  }
}

function tellNext(place: string): void {
  heading('Next');
  const command = 'npm run -s shimline --';
  print(
    "  Every decision about red's traceroute at PE1, one a line; all of what PE2 does with P's frames:",
    '',
    `    ${command} trace -c pcaps/lab/pe1.yaml ${inputOption('red site 1')} --reason ttl-expired --long`,
    `    ${command} trace -c pcaps/lab/pe2.yaml -i core-a=${join(place, 'p', 'to-pe2a.pcapng')}`,
    '',
    '  The tables PE1 makes of its file; what becomes of damaged and hostile frames (pcaps/README.md):',
    '',
    `    ${command} check -c pcaps/lab/pe1.yaml`,
    `    ${command} trace -c pcaps/lab/pe1.yaml -i ce-red=pcaps/malformed/customer.pcap`,
  );
}

/** The promises of traffic.ts, all of them. Answers the exit status. */
function conclude({ journeys, network }: LabRun, failure: unknown): number {
  const problems = [
    ...journeys.flatMap(judge),
    ...judgeSpread(siteNames.map((site) => spread(journeys, site))),
    ...routerNames
      .filter((name) => !network.routers.get(name)?.counters.balanced)
      .map((name) => `${name}: the books do not balance`),
    ...(failure === undefined ? [] : [`writing captures: ${failure instanceof Error ? failure.message : failure}`]),
  ];
  const count = (kind: string): number => journeys.filter(({ probe }) => probe.promised.kind === kind).length;
  const hops = journeys.reduce(
    (sum, { visit }) => sum + 1 + endingsOf(visit).filter(({ ending }) => ending.next).length,
    0,
  );
  print('');
  if (problems.length > 0) {
    print(
      colors.red(`✘ ${problems.length} promises of the lab were broken:`),
      ...problems.slice(0, problemsShown).map((problem) => `  ${problem}`),
      ...(problems.length > problemsShown ? [`  … and ${problems.length - problemsShown} more`] : []),
    );
    return 1;
  }
  const text = `✔ Checked: ${journeys.length} packets, ${hops} hops. ${count('arrives')} arrived at the right site, bit for bit but for \
the TTL; ${count('error')} brought an ICMP error back to their sender, ${count('answered')} were answered by PE1, ${count('dropped')} \
dropped as they should. Nothing of red's came to blue, nothing of blue's to red.`;
  print(...wrap(text, textWidth).map((line) => colors.green(line)));
  return 0;
}

async function main(): Promise<number> {
  const { path, isWanted } = outputPlace(resolve('out', 'lab'));
  rmSync(join(path, 'journey.pcapng'), { force: true });
  const recorder = new Recorder(path);
  const run = await runLab(recorder);
  const failure = await recorder.close();
  introduce(run);
  tellChapters(run);
  tellTraceroutes(run);
  tellSpread(run);
  tellSums(run);
  tellFiles(recorder, path, isWanted);
  tellNext(path);
  return conclude(run, failure);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
