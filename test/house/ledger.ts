// The conformance ledger: which tests prove which rule. Made from vitest's JSON report of a run, never typed.
import { posix, relative, sep } from 'node:path';
import { type Rule, ruleGroups, ruleIdPattern, rules } from '../rules.ts';

/** What the ledger reads of vitest's JSON report. */
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    /** Absolute path of the test file. */
    readonly name: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly ancestorTitles: readonly string[];
      readonly status: string;
    }[];
  }[];
}

/** A test that names a rule. */
export interface Proof {
  readonly rule: string;
  /** From the project's root, with forward slashes. */
  readonly file: string;
  /** Without the id, with the titles of enclosing blocks as far as they say more than the id does. */
  readonly title: string;
  readonly status: string;
}

const idAtStart = new RegExp(`^${ruleIdPattern.source}`);

/** The id that a title begins with, and the rest of it. */
function splitTitle(title: string): { id: string | undefined; rest: string } {
  const [id] = idAtStart.exec(title) ?? [];
  return { id, rest: id === undefined ? title : title.slice(id.length).replace(/^[:,\s]+/, '') };
}

/** All tests that name a rule, by their own title or by that of the innermost block around them that does. */
export function proofsIn(report: Report, root: string): Proof[] {
  return report.testResults.flatMap(({ name, assertionResults }) => {
    const file = relative(root, name).split(sep).join(posix.sep);
    return assertionResults.flatMap(({ title, ancestorTitles, status }): Proof[] => {
      const own = splitTitle(title);
      const around = [...ancestorTitles].reverse().map(splitTitle);
      const rule = own.id ?? around.find((each) => each.id !== undefined)?.id;
      if (rule === undefined) return [];
      // A title of its own says it all; without one the block is part of it.
      const block = own.id === undefined ? around.map((each) => each.rest).filter((rest) => rest !== '') : [];
      return [{ rule, file, title: [...block.reverse(), own.rest].join(' › '), status }];
    });
  });
}

/** One test as the ledger shows it: what a committed ledger is searched for. */
function proofLine(title: string, count: number): string {
  return count === 1 ? title : `${title} (${count} times)`;
}

function countByTitle(proofs: readonly Proof[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { title } of proofs) counts.set(title, (counts.get(title) ?? 0) + 1);
  return counts;
}

function fileBlock(file: string, proofs: readonly Proof[]): string {
  const lines = [...countByTitle(proofs)].map(([title, count]) => proofLine(title.replaceAll('\n', ' '), count));
  return [
    `<details><summary>${file}: ${proofs.length}</summary>`,
    '',
    '```text',
    ...lines,
    '```',
    '',
    '</details>',
  ].join('\n');
}

function ruleBlock(rule: Rule, proofs: readonly Proof[]): string {
  const files = [...new Set(proofs.map((proof) => proof.file))].sort();
  const facts = [
    ...(rule.sources.length === 0 ? [] : [rule.sources.join(', ')]),
    proofs.length === 1 ? '1 test' : `${proofs.length === 0 ? 'no' : proofs.length} tests`,
    ...(rule.later === undefined ? [] : [`comes with ${rule.later}`]),
  ];
  const blocks = files.map((file) =>
    fileBlock(
      file,
      proofs.filter((proof) => proof.file === file),
    ),
  );
  return [`### ${rule.id}`, `${rule.summary}`, `${facts.join(' · ')}`, ...blocks].join('\n\n');
}

function nameList(found: readonly Rule[]): string {
  return found.length === 0 ? 'none' : found.map(({ id }) => id).join(', ');
}

/** The whole file, from the proofs that count. */
export function ledgerText(proofs: readonly Proof[]): string {
  const proven = new Set(proofs.map((proof) => proof.rule));
  const missing = rules.filter(({ id }) => !proven.has(id));
  const head = [
    '# Conformance ledger',
    'Which tests prove which rule. Made by `npm run -s ledger` from a test run: not to be edited. A test counts for the rule whose id its title begins with, if it passed. The rules are in `test/rules.ts`.',
    [
      `- Proven: ${rules.length - missing.length} of ${rules.length} rules, by ${proofs.length} tests.`,
      `- Not proven by any test: ${nameList(missing.filter(({ later }) => later === undefined))}.`,
      `- Of a part that is not built yet: ${nameList(missing.filter(({ later }) => later !== undefined))}.`,
    ].join('\n'),
  ];
  const groups = ruleGroups.flatMap(({ title, prefix, rules: members }) => [
    `## ${title} (${prefix})`,
    ...members.map((rule) =>
      ruleBlock(
        rule,
        proofs.filter((proof) => proof.rule === rule.id),
      ),
    ),
  ]);
  return `${[...head, ...groups].join('\n\n')}\n`;
}

/** The proofs that count for a new ledger. */
export function passedOf(proofs: readonly Proof[]): Proof[] {
  return proofs.filter(({ status }) => status === 'passed');
}

/**
 * The proofs that a committed ledger must agree with on this machine: a test that is skipped here, for want of a
 * program or a right, keeps the line that it has.
 */
export function expectedOf(proofs: readonly Proof[], committed: string): Proof[] {
  const lines = new Set(committed.split('\n'));
  return proofs.filter(({ status, title, rule }) => {
    if (status === 'passed') return true;
    if (status === 'failed') return false;
    const count = proofs.filter((each) => each.rule === rule && each.title === title).length;
    return lines.has(proofLine(title, count));
  });
}
