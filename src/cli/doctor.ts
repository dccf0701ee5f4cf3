// `shimline doctor`: what would make a live run fail or mislead, each with the command that mends it. Facts are gathered first,
// then judged by the checks of src/cli/doctor.
import pc from 'picocolors';
import { loadConfig } from '../control/config/load.ts';
import { bySeverity, type Check, type Finding } from './doctor/finding.ts';
import { checkMtu, checkOffloads } from './doctor/frames.ts';
import { gatherFacts } from './doctor/gather.ts';
import { checkCapabilities, checkKernel, checkLockedMemory, checkSystem } from './doctor/host.ts';
import { checkAddresses, checkForwarding, checkPresence, checkState, checkUsers } from './doctor/link.ts';
import { checkCaptures, checkNamespaces, checkReversePath, checkTapNames } from './doctor/places.ts';
import type { CliIo, TextStream } from './terminal.ts';

export interface DoctorOptions {
  readonly config: string;
  readonly json?: boolean;
}

export const checks: readonly Check[] = [
  checkSystem,
  checkCapabilities,
  checkKernel,
  checkPresence,
  checkState,
  checkNamespaces,
  checkTapNames,
  checkCaptures,
  checkUsers,
  checkAddresses,
  checkForwarding,
  checkMtu,
  checkOffloads,
  checkReversePath,
  checkLockedMemory,
];

/** Status 1 if something would make the run fail; warnings and notes alone are 0. */
export async function doctor(options: DoctorOptions, io: CliIo): Promise<number> {
  const model = await loadConfig(options.config, { live: true, devicesDue: true });
  const facts = gatherFacts(model, options.config);
  const findings = bySeverity(checks.flatMap((check) => check(model, facts)));
  io.out.write(options.json ? `${JSON.stringify(findings, null, 2)}\n` : findingsAsText(findings, io.out));
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

function totals(findings: readonly Finding[]): string {
  const of = (severity: Finding['severity']) => findings.filter((each) => each.severity === severity).length;
  const parts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const number = of(severity);
    return number === 0 ? [] : [`${number} ${severity}${number === 1 ? '' : 's'}`];
  });
  return parts.length === 0 ? 'Nothing is wrong.' : `${parts.join(', ')}.`;
}

/** A finding in two lines, the command beneath its reason; the last line counts. */
export function findingsAsText(findings: readonly Finding[], target: TextStream): string {
  const colors = pc.createColors(target.isTerminal && pc.isColorSupported);
  const colorOf = { error: colors.red, warning: colors.yellow, note: colors.cyan };
  const blocks = findings.map(({ severity, place, text, command }) => {
    const where = place === '' ? '' : `${place}: `;
    return `${colors.bold(colorOf[severity](severity))}  ${where}${text}\n    ${colors.dim('$')} ${command}\n\n`;
  });
  return `${blocks.join('')}${totals(findings)}\n`;
}
