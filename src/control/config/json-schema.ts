// The published JSON Schema, for editors: the grammar without this project's own annotations.
import { annotationKeys, ConfigSchema } from './schema.ts';

const hidden: readonly string[] = annotationKeys;

export function jsonSchema(): Record<string, unknown> {
  const text = JSON.stringify(ConfigSchema, (key, value: unknown) => (hidden.includes(key) ? undefined : value));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'shimline configuration',
    ...(JSON.parse(text) as Record<string, unknown>),
  };
}

/** The file as it is committed. */
export function jsonSchemaText(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}
