// Conformance ids: those that files name exist, and the ledger is made as it should be.
import { describe, expect, test } from 'vitest';
import { ruleIdPattern, rules } from '../rules.ts';
import { projectFiles, readProjectFile } from './files.ts';
import { expectedOf, ledgerText, passedOf, proofsIn, type Report } from './ledger.ts';

const ids = new Set(rules.map((rule) => rule.id));

test('ids are unique, and every rule has a sentence', () => {
  expect(ids.size).toBe(rules.length);
  expect(rules.filter(({ summary }) => !/^\S.*\.$/.test(summary) || summary.length > 120)).toEqual([]);
});

test('every id that a test or a module names is one of the rules', () => {
  const unknown = projectFiles()
    .filter((path) => /^(?:src|test)\/.*\.ts$/.test(path) && !path.startsWith('test/house/'))
    .flatMap((path) => (readProjectFile(path).match(ruleIdPattern) ?? []).map((id) => `${path}: ${id}`))
    .filter((found) => !ids.has(found.split(': ')[1] ?? ''));
  expect(unknown).toEqual([]);
});

test('the committed ledger knows every rule, with its sentence', () => {
  const ledger = readProjectFile('docs/conformance.md');
  const missing = rules.filter(({ id, summary }) => !ledger.includes(`### ${id}\n\n${summary}\n`));
  expect(missing).toEqual([]);
});

describe('the ledger', () => {
  const result = (title: string, status = 'passed', ...ancestorTitles: string[]) => ({ title, status, ancestorTitles });
  const report: Report = {
    numPassedTests: 4,
    numFailedTests: 1,
    testResults: [
      {
        name: '/p/test/a.test.ts',
        assertionResults: [
          result('LBL-2 no entry', 'passed', 'LBL-2'),
          result('LBL-2 no entry', 'passed', 'LBL-2'),
          result('swap', 'passed', 'LBL-9 what stays', 'TC'),
          result('LBL-3 off', 'failed'),
          result('LBL-4 pop', 'skipped'),
          result('about something else'),
        ],
      },
    ],
  };
  const proofs = proofsIn(report, '/p');

  test('counts a test for the id that its title, or the block around it, begins with', () => {
    expect(proofs.map(({ rule, title }) => `${rule}: ${title}`)).toEqual([
      'LBL-2: no entry',
      'LBL-2: no entry',
      'LBL-9: what stays › TC › swap',
      'LBL-3: off',
      'LBL-4: pop',
    ]);
  });

  test('lists what passed, and tells what nothing proves', () => {
    const text = ledgerText(passedOf(proofs));
    expect(text).toContain('<details><summary>test/a.test.ts: 2</summary>\n\n```text\nno entry (2 times)\n```');
    expect(text).toMatch(/^- Proven: 2 of \d+ rules, by 3 tests\.$/m);
    expect(text).toMatch(/^- Not proven by any test: .*LBL-1, LBL-3, LBL-4, /m);
  });

  test('keeps, in a check, the line of a test that is skipped on this machine', () => {
    const elsewhere = ledgerText([...passedOf(proofs), ...proofs.filter(({ rule }) => rule === 'LBL-4')]);
    expect(ledgerText(expectedOf(proofs, elsewhere))).toBe(elsewhere);
    expect(ledgerText(expectedOf(proofs, ''))).toBe(ledgerText(passedOf(proofs)));
  });
});
