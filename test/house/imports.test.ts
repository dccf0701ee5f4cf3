// The arrows of the house: who may import whom, and what must run without Node.
import { expect, test } from 'vitest';
import { isTest, readProjectFile, sourceFiles } from './files.ts';
import { type Import, importsOf, importsReached, isNodeModule } from './imports.ts';

const modules = sourceFiles().filter((path) => !isTest(path) && path !== 'src/io/fixtures.ts');

/** Parts of src/, and the parts beneath each that it may import besides itself. `errors` is src/errors.ts. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  wire: [],
  tables: [],
  engine: ['wire', 'tables'],
  io: ['wire', 'errors'],
  workers: ['wire', 'tables', 'engine', 'io', 'errors'],
  control: ['wire', 'tables', 'engine', 'errors'],
  daemon: ['wire', 'tables', 'engine', 'io', 'workers', 'control', 'errors'],
  cli: ['wire', 'tables', 'engine', 'io', 'workers', 'control', 'daemon', 'errors'],
};

/** `src/io/device.ts` → `io`, `src/errors.ts` → `errors`. */
function partOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '');
}

const arrowText = ({ from, to }: Import): string => `${from} → ${to}`;

test('every part of src is known, with what it may import', () => {
  expect([...new Set(modules.map(partOf))].sort()).toEqual(Object.keys(arrows).sort());
});

test.each(Object.keys(arrows))('%s imports only what lies beneath it', (part) => {
  const allowed = [part, ...(arrows[part] ?? [])];
  const wrong = modules
    .filter((path) => partOf(path) === part)
    .flatMap(importsOf)
    .filter((each) => each.isOurs && !(each.to.startsWith('src/') && allowed.includes(partOf(each.to))));
  expect(wrong.map(arrowText)).toEqual([]);
});

// What a browser is to run as well: the wire, the tables, the engine and the compiling half of control.
const portable = modules.filter(
  (path) =>
    ['wire', 'tables', 'engine'].includes(partOf(path)) ||
    path.startsWith('src/control/compile/') ||
    ['src/control/router.ts', 'src/control/config/index.ts'].includes(path),
);
/** Packages that need no Node module themselves. */
const portablePackages = ['@sinclair/typebox', 'yaml', 'fastest-levenshtein'];

const packageOf = (name: string): string => {
  const parts = name.split('/');
  return parts.slice(0, name.startsWith('@') ? 2 : 1).join('/');
};

test('no Node module is reachable from what is to run in a browser, and no package that is not known to be portable', () => {
  const wrong = importsReached(portable).filter(
    ({ to, isOurs }) => !isOurs && (isNodeModule(to) || !portablePackages.includes(packageOf(to))),
  );
  expect(wrong.map(arrowText)).toEqual([]);
});

test('what is to run in a browser uses no global of Node', () => {
  const reached = new Set([...portable, ...importsReached(portable).flatMap(({ to, isOurs }) => (isOurs ? [to] : []))]);
  const wrong = [...reached].filter((path) =>
    /^(?!\s*(?:\/\/|\*|\/\*)).*(?<![.\w#])(?:(?:Buffer|process|NodeJS)\.|setImmediate\()/m.test(readProjectFile(path)),
  );
  expect(wrong).toEqual([]);
});

test('tests lie beside what they test: no module imports a test or its fixtures', () => {
  const wrong = modules.flatMap(importsOf).filter(({ to }) => isTest(to) || to === 'src/io/fixtures.ts');
  expect(wrong.map(arrowText)).toEqual([]);
});
