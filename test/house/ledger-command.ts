// `npm run -s ledger` writes docs/conformance.md from the report of the last test run; `npm run -s ledger:check`
// answers 1 when the committed file is not what the run gives.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './files.ts';
import { expectedOf, ledgerText, passedOf, proofsIn, type Report } from './ledger.ts';

/** Where `npm run -s unit` leaves vitest's report. */
const reportPath = join(projectRoot, 'coverage/tests.json');
const ledgerPath = join(projectRoot, 'docs/conformance.md');

function firstDifference(committed: string, made: string): string {
  const before = committed.split('\n');
  const after = made.split('\n');
  const at = after.findIndex((line, i) => line !== before[i]);
  const i = at < 0 ? after.length : at;
  return `line ${i + 1}:\n  committed: ${before[i] ?? '(end)'}\n  this run:  ${after[i] ?? '(end)'}`;
}

function check(report: Report): number {
  const committed = existsSync(ledgerPath) ? readFileSync(ledgerPath, 'utf8') : '';
  const made = ledgerText(expectedOf(proofsIn(report, projectRoot), committed));
  if (made === committed) return 0;
  console.error(
    `docs/conformance.md is not what this run gives (npm run -s ledger writes it); ${firstDifference(committed, made)}`,
  );
  return 1;
}

function write(report: Report): number {
  const proofs = proofsIn(report, projectRoot);
  const passed = passedOf(proofs);
  writeFileSync(ledgerPath, ledgerText(passed));
  for (const { rule, title, status } of proofs) {
    if (status !== 'passed') console.error(`not listed, ${status}: ${rule} ${title}`);
  }
  console.log(`docs/conformance.md: ${passed.length} tests`);
  return 0;
}

const report = JSON.parse(readFileSync(reportPath, 'utf8')) as Report;
process.exitCode = process.argv[2] === 'check' ? check(report) : write(report);
