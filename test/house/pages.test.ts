// The hand-written pages: their commands run and print what is shown, the files they name exist, and the reference of
// the configuration knows every key and option.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { jsonSchema } from '../../src/control/config/index.ts';
import { projectRoot, readProjectFile } from './files.ts';
import { examplesIn, fencesIn, pages, pathsNamedIn } from './markdown.ts';

const own = 'npm run -s shimline';

describe('commands of the README', () => {
  // A folder that looks like the project, so that `-o out/` and the like leave nothing in the real one.
  const copy = mkdtempSync(join(tmpdir(), 'shimline-readme-'));
  afterAll(() => rmSync(copy, { recursive: true, force: true }));
  for (const name of readdirSync(projectRoot)) {
    if (!['.git', 'out', 'coverage', 'dist'].includes(name)) symlinkSync(join(projectRoot, name), join(copy, name));
  }
  const examples = examplesIn('README.md').filter(({ commands }) => commands.some((line) => line.startsWith(own)));

  test('there are some', () => {
    expect(examples.length).toBeGreaterThan(2);
  });

  // In their order: a later one may read what an earlier one wrote.
  test.each(examples)('$commands.0', ({ commands, shown }) => {
    let printed = '';
    for (const command of commands.filter((line) => line.startsWith(own))) {
      const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: copy, encoding: 'utf8' });
      expect({ command, status, stderr: status === 0 ? '' : stderr }).toEqual({ command, status: 0, stderr: '' });
      printed += stdout;
    }
    if (shown !== undefined) expectShown(printed.split('\n'), shown);
  });

  /** The shown lines are there in their order, without others between them where no `…` stands. */
  function expectShown(printed: readonly string[], shown: readonly string[]): void {
    let next = 0;
    let mayLeap = true;
    for (const line of shown) {
      if (line.trim() === '…') {
        mayLeap = true;
        continue;
      }
      const at = printed.findIndex((each, i) => i >= next && each.trimEnd() === line.trimEnd());
      expect(at, `not printed: ${line}`).toBeGreaterThanOrEqual(0);
      if (!mayLeap) expect(at, `printed later: ${line}`).toBe(next);
      next = at + 1;
      mayLeap = false;
    }
  }
});

test.each(pages)('%s names only files that exist', (page) => {
  expect(pathsNamedIn(page).filter((path) => !existsSync(join(projectRoot, path)))).toEqual([]);
});

test.each(pages)('%s names only scripts that package.json has', (page) => {
  const { scripts } = JSON.parse(readProjectFile('package.json')) as { scripts: Record<string, string> };
  const named = [...readProjectFile(page).matchAll(/npm run (?:-s )?([\w:]+)/g)].map((match) => match[1] ?? '');
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

describe('docs/configuration.md', () => {
  const text = readProjectFile('docs/configuration.md');

  /** `router.icmp.rate`, `interfaces.*.mac`, `routes.*.via` … of everything that the schema describes. */
  function keysOf(schema: Record<string, unknown>, path: string): string[] {
    const inner = (value: unknown) => value as Record<string, Record<string, unknown>>;
    const properties = Object.entries(inner(schema.properties ?? {}));
    const members = [...Object.values(inner(schema.patternProperties ?? {}))];
    if (schema.items !== undefined) members.push(schema.items as Record<string, unknown>);
    return [
      ...properties.flatMap(([key, value]) => {
        // A map of keys has a row for each of them, not one of its own.
        const itself = value.properties === undefined ? [`${path}${key}`] : [];
        return [...itself, ...keysOf(value, `${path}${key}.`)];
      }),
      ...members.flatMap((member) => keysOf(member, path)),
    ];
  }

  test('has a row for every key', () => {
    // Paths have one table for routes, labels and lists of paths.
    const sections = new Map(text.split(/^## /m).map((part) => [part.split('\n')[0]?.replaceAll('`', '') ?? '', part]));
    const pathTable = sections.get('Paths') ?? '';
    const missing = keysOf(jsonSchema(), '').filter((key) => {
      const [section = '', ...rest] = key.split('.');
      const name = rest.at(-1);
      if (name === undefined) return !sections.has(section);
      const row = `| \`${rest.join('.')}\` |`;
      const isPath = section === 'routes' || section === 'labels';
      return !(sections.get(section)?.includes(row) || (isPath && pathTable.includes(`| \`${name}\` |`)));
    });
    expect(missing).toEqual([]);
  });

  test('gives the example that the validator takes', async () => {
    const { parseConfig } = await import('../../src/control/config/index.ts');
    const yaml = fencesIn(text).filter(({ language }) => language === 'yaml');
    expect(yaml.length).toBeGreaterThan(0);
    for (const { lines } of yaml) expect(() => parseConfig(lines.join('\n'), 'docs/configuration.md')).not.toThrow();
  });

  test.each(['replay', 'run', 'trace', 'check', 'doctor', 'schema'])('has every option of %s', async (command) => {
    const help = spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', command, '--help'], {
      cwd: projectRoot,
      encoding: 'utf8',
    }).stdout;
    const options = [...help.matchAll(/^ +(?:-\w, )?(--[a-z-]+)/gm)].map((match) => match[1] ?? '');
    expect(options).toContain('--help');
    const [, section = ''] = text.split(new RegExp(`^### \`${command}\``, 'm'));
    const [own = ''] = section.split(/^##/m);
    expect(options.filter((option) => option !== '--help' && !own.includes(`${option}`))).toEqual([]);
  });
});
