// Drop and punt reasons: the page about them is current, what the engine gives is proven, what nothing gives is said so.
import { expect, test } from 'vitest';
import { dropReasons, puntReasons } from '../../src/engine/reasons.ts';
import { isTest, projectFiles, readProjectFile } from './files.ts';
import { laterReasons, reasonsPage, workerReasons } from './reasons-page.ts';

const names: readonly string[] = [...dropReasons, ...puntReasons].map((reason) => reason.name);

/** Reasons that the files name as a text of its own: `'no-route'`. */
function namedIn(paths: readonly string[]): Set<string> {
  const text = paths.map(readProjectFile).join('\n');
  return new Set(names.filter((name) => new RegExp(`(['"\`])${name}\\1`).test(text)));
}

const engine = projectFiles().filter(
  (path) => /^src\/engine\/.*\.ts$/.test(path) && !isTest(path) && path !== 'src/engine/reasons.ts',
);
const given = namedIn(engine);

test('docs/drop-reasons.md is made from the table: npm run -s docs', () => {
  expect(readProjectFile('docs/drop-reasons.md')).toBe(reasonsPage());
});

test('a name stands for one thing, and begins no other sentence than its own', () => {
  expect(new Set(names).size).toBe(names.length);
  const unfinished = [...dropReasons, ...puntReasons].filter(({ text }) => !/^[A-Z].*\.$/.test(text));
  expect(unfinished).toEqual([]);
});

test('every reason is given by the engine, or said to belong to a later part', () => {
  const others: readonly string[] = [...Object.keys(laterReasons), ...workerReasons];
  expect(names.filter((name) => !given.has(name))).toEqual(names.filter((name) => others.includes(name)));
});

test('reasons about workers are given there, and expected by their tests', () => {
  const paths = projectFiles().filter((path) => path.endsWith('.ts'));
  const code = namedIn(paths.filter((path) => path.startsWith('src/workers/') && !isTest(path)));
  const tests = namedIn(paths.filter((path) => path.startsWith('test/workers/')));
  expect(workerReasons.filter((name) => !code.has(name) || !tests.has(name))).toEqual([]);
});

test('every reason that the engine gives is expected by a conformance test', () => {
  const tests = projectFiles().filter((path) => /^test\/conformance\/.*\.ts$/.test(path));
  const expected = namedIn(tests);
  expect([...given].filter((name) => !expected.has(name))).toEqual([]);
});
