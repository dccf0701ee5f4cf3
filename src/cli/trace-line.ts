// One frame's way through the router as text: its number, its time, each decision, how it ended.
import { dropReasons, puntReasons } from '../engine/reasons.ts';
import type { Fate } from '../workers/traced-output.ts';

export interface TraceStyle {
  /** One decision a line, with the sentence that belongs to the reason. */
  readonly long: boolean;
  /** Nine digits of the second instead of six. */
  readonly nanoseconds: boolean;
}

/** Name of the drop or punt reason; undefined for a sent frame. */
export function reasonName(fate: Fate): string | undefined {
  if (fate.kind === 'dropped') return dropReasons[fate.reason]?.name;
  return fate.kind === 'punted' ? puntReasons[fate.reason]?.name : undefined;
}

function reasonText(fate: Fate): string {
  return (fate.kind === 'dropped' ? dropReasons : puntReasons)[fate.reason]?.text ?? '';
}

function timeText(fate: Fate, nanoseconds: boolean): string {
  const digits = String(fate.nanoseconds).padStart(9, '0');
  return `${fate.seconds}.${nanoseconds ? digits : digits.slice(0, 6)}`;
}

export function formatFate(fate: Fate, style: TraceStyle): string {
  const { explanation } = fate;
  const made = explanation.made ? ' (made here)' : '';
  const head = `#${explanation.frame}${made} ${timeText(fate, style.nanoseconds)}`;
  // The last step says how the frame ended.
  if (!style.long) return `${head} ${explanation.steps.join(' / ')}`;
  const lines = [head, ...explanation.steps.map((step) => `    ${step}`)];
  if (fate.kind !== 'sent') lines.push(`    ${reasonText(fate)}`);
  return lines.join('\n');
}
