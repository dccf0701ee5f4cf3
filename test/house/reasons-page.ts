// docs/drop-reasons.md, from the engine's table of reasons.
import { type DropName, dropReasons, type PuntName, puntReasons } from '../../src/engine/reasons.ts';

/** Reasons that nothing gives yet, and what they will come with. */
export const laterReasons: Readonly<Partial<Record<DropName | PuntName, string>>> = {};

/** Reasons that are given where workers are looked after, not by the engine. */
export const workerReasons: readonly DropName[] = ['tx-full', 'tx-failed', 'slow-full', 'worker-lost'];

interface Reason {
  readonly name: DropName | PuntName;
  readonly text: string;
}

function table(reasons: readonly Reason[]): string {
  return [
    '| Nr. | Name | Meaning |',
    '|---:|---|---|',
    ...reasons.map(({ name, text }, number) => {
      const later = laterReasons[name] === undefined ? '' : ` *Not given yet: comes with ${laterReasons[name]}.*`;
      return `| ${number} | \`${name}\` | ${text.replaceAll('|', '\\|')}${later} |`;
    }),
  ].join('\n');
}

export function reasonsPage(): string {
  return `${[
    '# Drop and punt reasons',
    'Made by `npm run -s docs` from `src/engine/reasons.ts`: not to be edited. A frame that is not sent has exactly one reason, and the books balance: in + copied + made = out + punted + dropped. Names are stable; the number is the place of a reason in the counters.',
    '## Drops',
    table(dropReasons),
    '## Punts',
    'Frames for the router itself. Some of them are answered: the answer is counted as made.',
    table(puntReasons),
  ].join('\n\n')}\n`;
}
