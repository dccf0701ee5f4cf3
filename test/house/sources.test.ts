// What review forgets: how the files look, and what may not be left in them.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { isTest, projectFiles, projectRoot, readProjectFile, sourceFiles } from './files.ts';

const files = projectFiles();
const scripts = files.filter((path) => path.endsWith('.ts'));
/** Comments and markers are looked for by texts put together here, so that this file is none of the finds. */
const joined = (...parts: string[]): string => parts.join('');

/** `path:line text` of every line that the pattern matches. */
function linesWith(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    readProjectFile(path)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1} ${line.trim()}`] : [])),
  );
}

test('every module opens with a comment: what it is and what it relies on', () => {
  const bare = sourceFiles()
    .filter((path) => !isTest(path))
    .filter((path) => !/^(?:#!.*\n)?\/\/ \S/.test(readProjectFile(path)));
  expect(bare).toEqual([]);
});

/** Modules longer than the limit, each with its reason. */
const longModules: Readonly<Record<string, string>> = {};
const moduleLinesMax = 600;

test('no module is longer than a house can afford, but for those named with a reason', () => {
  const long = sourceFiles()
    .filter((path) => !isTest(path))
    .filter((path) => readProjectFile(path).split('\n').length - 1 > moduleLinesMax);
  expect(long).toEqual(Object.keys(longModules));
});

test('the type that switches types off is not used', () => {
  const word = joined('an', 'y');
  const used = new RegExp(`^(?!\\s*(?://|\\*|/\\*))[^'"\`]*(?::|<|\\bas|\\||&)\\s*${word}\\b\\s*(?:\\[|[,;)>|&=]|$)`);
  expect(linesWith(scripts, used)).toEqual([]);
});

test('nothing is left to be done, and no test is switched off', () => {
  const markers = [joined('TO', 'DO'), joined('FIX', 'ME'), joined('X', 'XX')].map((word) => `\\b${word}\\b`);
  const switches = ['skip', 'only', 'todo'].map((word) => `\\b(?:test|it|describe)\\.${word}\\b`);
  expect(linesWith(scripts, new RegExp([...markers, ...switches].join('|')))).toEqual([]);
});

test('no file names a place on somebody’s machine', () => {
  const folders = ['work', 'root', 'home/[\\w.-]+', 'Users/[\\w.-]+'].join('|');
  const place = new RegExp(`(?<![\\w.~*)\\]-])/(?:${folders})(?=[/\\s'"\`),:;]|$)`, 'm');
  const found = files
    .filter((path) => path !== 'package-lock.json')
    .filter((path) => place.test(readFileSync(join(projectRoot, path), 'latin1')));
  expect(found).toEqual([]);
});

/** Captures made by others, which tests use where a checkout has them beside it, and skip visibly elsewhere. */
const capturesOfOthers = '../shared/pcaps';

test('no path leads out of the project, but to the captures of others', () => {
  const found = scripts.flatMap((path) =>
    [...readProjectFile(path).matchAll(/['"`](\.\.\/[^'"`\s]*)['"`]/g)]
      .map((match) => posix.normalize(`${posix.dirname(path)}/${match[1]}`))
      .filter((target) => target.startsWith('../') && !`${target}/`.startsWith(`${capturesOfOthers}/`))
      .map((target) => `${path} → ${target}`),
  );
  expect(found).toEqual([]);
});
