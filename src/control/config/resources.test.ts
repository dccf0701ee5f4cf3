// Single resources as the API gives them, the published schema, and files on disk.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ConfigSchema, jsonSchema, jsonSchemaText, parseLabel, parseNeighbor, parseRoute } from './index.ts';
import { loadConfig } from './load.ts';

const exampleYaml = readFileSync(new URL('./example.yaml', import.meta.url), 'utf8');

describe('one resource', () => {
  test('a route is judged by itself: what it refers to is not looked at', () => {
    expect(parseRoute({ vrf: 'red', prefix: '10.0.0.0/8', via: '10.9.9.9' }, ['routes', 7])).toMatchObject({
      model: { path: 'routes[7]', vrf: 'red', prefix: { length: 8 }, paths: [{ kind: 'via', weight: 1 }] },
    });
    expect(parseRoute({ prefix: '10.0.0.1/8', via: 'x' })).toMatchObject({
      problems: [{ path: 'route.prefix' }, { path: 'route.via' }],
    });
    expect(parseRoute(7)).toMatchObject({ problems: [{ path: 'route', message: 'expected a map of keys, got 7' }] });
  });

  test('labels and neighbours', () => {
    expect(parseLabel({ label: 100, pop: true })).toMatchObject({ model: { label: 100, paths: [{ kind: 'pop' }] } });
    expect(parseLabel({ label: 1, pop: true })).toMatchObject({ problems: [{ path: 'label.label' }] });
    const neighbor = { interface: 'ce1', address: '10.1.1.2', mac: '02:00:00:00:a1:01' };
    expect(parseNeighbor(neighbor)).toMatchObject({ model: { interface: 'ce1', mac: [2, 0, 0, 0, 0xa1, 1] } });
  });
});

describe('the JSON Schema', () => {
  test('is published as generated: npx tsx src/control/config/write-schema.ts', () => {
    const file = new URL('../../../schema/shimline.schema.json', import.meta.url);
    expect(readFileSync(file, 'utf8')).toBe(jsonSchemaText());
  });

  test('accepts the example, and nothing unknown', () => {
    expect([...Value.Errors(ConfigSchema, parse(exampleYaml))]).toEqual([]);
    expect(Value.Check(ConfigSchema, { interfaces: { 'a b': {} } })).toBe(false);
  });

  test('describes every field, in standard words only', () => {
    const undescribed: string[] = [];
    const walk = (schema: Record<string, unknown>, path: string) => {
      for (const [key, property] of Object.entries(
        (schema.properties ?? {}) as Record<string, Record<string, unknown>>,
      )) {
        if (typeof property.description !== 'string') undescribed.push(`${path}.${key}`);
        walk(property, `${path}.${key}`);
      }
      const patterns = Object.values((schema.patternProperties ?? {}) as Record<string, Record<string, unknown>>);
      const { items } = schema as { items?: Record<string, unknown> };
      for (const inner of [...patterns, ...(items ? [items] : [])]) walk(inner, `${path}[]`);
    };
    walk(jsonSchema(), '');
    expect(undescribed).toEqual([]);
    expect(jsonSchemaText()).not.toContain('"expected"');
  });
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shimline-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const fileWith = (bytes: string | Uint8Array) => {
    const path = join(folder, 'pe1.yaml');
    writeFileSync(path, bytes);
    return path;
  };

  test('are read', async () => {
    expect((await loadConfig(fileWith(exampleYaml))).name).toBe('pe1');
  });

  test('that cannot be read', async () => {
    const missing = join(folder, 'no.yaml');
    await expect(loadConfig(missing)).rejects.toMatchObject({ code: 'IO', message: `${missing}: no such file` });
    await expect(loadConfig(folder)).rejects.toMatchObject({ code: 'IO', message: `${folder}: is a directory` });
    const binary = fileWith(new Uint8Array([0xff, 0xfe, 0xff]));
    await expect(loadConfig(binary)).rejects.toMatchObject({ code: 'CONFIG', message: `${binary}: not UTF-8 text` });
  });
});
