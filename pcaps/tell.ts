// The journeys of the lab in words: a packet's story hop by hop, a traceroute as its user would see it, and who took
// which of the parallel links. Answers lines of text; colours come from the caller.
import type pc from 'picocolors';
import type { SiteName } from './lab.ts';
import type { Ending, Visit } from './network.ts';
import { drawFrame, drawLabels, viewFrame, viewIcmpError, viewIp } from './picture.ts';
import { deliveries, type Journey } from './verify.ts';

type Colors = ReturnType<typeof pc.createColors>;

/** Column in which frames and decisions begin. */
const indent = 18;
const lineLength = 104;

const milliseconds = (microseconds: number): string => `${microseconds / 1000} ms`;

/** Text in the left column, text in the right one. */
const row = (left: string, right: string): string => `  ${left.padEnd(indent - 2)}${right}`;

/** Parts put on as many lines as it takes, a separator between those of one line. */
function fill(parts: readonly string[], separator: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    if (line !== '' && line.length + separator.length + part.length > width) {
      lines.push(line);
      line = part;
    } else line = line === '' ? part : line + separator + part;
  }
  return [...lines, line];
}

/** Words put on as many lines as it takes. */
export const wrap = (text: string, width: number): string[] => fill(text.split(' '), ' ', width);

// --- one packet, hop by hop --------------------------------------------------------------------------------------

/** Every router on the way, every frame between them. `errorsInFull`: also the way of an ICMP error, else its end only. */
export function tellJourney({ probe, visit }: Journey, colors: Colors, errorsInFull = true): string[] {
  const start = row(`${probe.from} ─▶`, colorFrame(drawFrame(visit.arrived.bytes), colors));
  return [start, ...new Teller(visit.arrived.time, colors, errorsInFull).visit(visit)];
}

class Teller {
  readonly #began: number;
  readonly #colors: Colors;
  readonly #errorsInFull: boolean;

  constructor(began: number, colors: Colors, errorsInFull: boolean) {
    this.#began = began;
    this.#colors = colors;
    this.#errorsInFull = errorsInFull;
  }

  visit(visit: Visit): string[] {
    return visit.endings.flatMap((ending) => this.#ending(visit, ending));
  }

  #ending(visit: Visit, ending: Ending): string[] {
    if (ending.made && !this.#errorsInFull) return this.#outcome(visit, ending);
    const colors = this.#colors;
    const lines = this.#decisions(visit, ending);
    if (ending.kind === 'dropped') return [...lines, row('', colors.red(`✘ dropped: ${ending.reason}`))];
    if (ending.kind === 'punted') return [...lines, row('', colors.yellow(`for the router itself: ${ending.reason}`))];
    return [...lines, this.#wire(ending), ...(ending.next === undefined ? [] : this.visit(ending.next))];
  }

  #decisions(visit: Visit, ending: Ending): string[] {
    const [first = '', ...more] = fill(decisions(visit, ending), ' · ', lineLength - indent);
    const name = `${visit.router.toUpperCase().padEnd(4)}${this.#since(visit.arrived.time)}`.padEnd(indent - 2);
    const colors = this.#colors;
    return [row(colors.bold(name), colors.dim(first)), ...more.map((line) => row('', colors.dim(line)))];
  }

  #wire(ending: Ending): string {
    const arrived = ending.site === undefined ? '' : this.#colors.green(`  ✔ ${ending.site}`);
    return row(`${ending.port} ─▶`, `${colorFrame(drawFrame(ending.frame.bytes), this.#colors)}${arrived}`);
  }

  /** Where a made frame came out in the end. */
  #outcome(visit: Visit, ending: Ending): string[] {
    const [last] = ending.site === undefined ? (ending.next ? deliveries(ending.next) : []) : [ending];
    if (last === undefined) return [];
    const name = `${visit.router.toUpperCase()} answers`;
    return [
      row(name, this.#colors.dim(`… ${this.#since(last.frame.time).trim()} after the packet was sent:`)),
      this.#wire(last),
    ];
  }

  #since(time: number): string {
    return milliseconds(time - this.#began).padStart(6);
  }
}

/** The steps of an explanation without what the frames around them show already. */
function decisions(visit: Visit, ending: Ending): string[] {
  const repeats = [
    /^(\S+: )?IPv[46] \S+ → \S+ ttl \d+$/,
    /^(\S+: )?MPLS [\d ]+ttl \d+$/,
    /^\S+ → ([0-9a-f]{2}:){5}[0-9a-f]{2}$/,
    /^(dropped|punted): /,
  ];
  const told = ending.steps.filter((step) => !repeats.some((pattern) => pattern.test(step)));
  const origin = ending.made ? ending.steps.find((step) => step.startsWith('MPLS ')) : undefined;
  const along = origin === undefined ? [] : [`put under the stack it came with: ${origin}`];
  const steps = told.map((step) => step.replace(/about frame \d+/, 'about it'));
  const [made, ...others] = steps;
  if (ending.made && made !== undefined) return [made, ...along, ...others];
  return steps.length > 0 ? steps : [`came in on ${visit.port}`];
}

function colorFrame(drawn: string, colors: Colors): string {
  return drawn.replace(/\[[^\]]*\]/g, (entry) => colors.cyan(entry));
}

// --- traceroute --------------------------------------------------------------------------------------------------

/** What a traceroute from a site prints: one line for each probe, with the answer that came back. */
export function tellTraceroute(journeys: readonly Journey[], from: SiteName, to: string): string[] {
  const probes = journeys.filter(({ probe }) => probe.from === from && probe.says.startsWith(`traceroute ${to} `));
  const answers = journeys.flatMap(({ visit }) => deliveries(visit)).filter(({ site }) => site === from);
  return probes.map(({ visit }, i) => `${String(i + 1).padStart(2)}  ${findAnswer(visit, answers) ?? '*'}`);
}

function findAnswer(asked: Visit, answers: readonly Ending[]): string | undefined {
  const probe = viewFrame(asked.arrived.bytes).ip;
  if (probe === undefined) return undefined;
  for (const { frame } of answers) {
    const ip = viewFrame(frame.bytes).ip;
    const error = ip && viewIcmpError(ip);
    if (ip === undefined || error === undefined || error.about.to !== probe.to) continue;
    const about = viewIp(error.about.packet);
    const portsAt = probe.upper;
    const isAnswer = [0, 1, 2, 3].every((i) => about?.packet[portsAt + i] === probe.packet[portsAt + i]);
    if (!isAnswer) continue;
    const labels = error.labels.length > 0 ? `   ${drawLabels(error.labels)}` : '';
    return `${ip.from.padEnd(14)} ${milliseconds(frame.time - asked.arrived.time).padStart(6)}${labels}`;
  }
  return undefined;
}
