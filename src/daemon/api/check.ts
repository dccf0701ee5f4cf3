// Holds what a request brings against a schema, in the words of the configuration's own messages.
import type { TSchema } from '@sinclair/typebox';
import { Findings } from '../../control/config/problems.ts';
import { checkValue } from '../../control/config/structure.ts';
import { ApiError } from './api-error.ts';

const statusByPart: Readonly<Record<string, number>> = { querystring: 400, body: 422 };

/** Parameters are text: numbers and truth values are read where the schema asks for them. */
function readParameters(schema: TSchema, query: unknown): Record<string, unknown> {
  const properties = (schema.properties ?? {}) as Record<string, TSchema>;
  const entries = Object.entries((query ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const type = Object.hasOwn(properties, key) ? properties[key]?.type : undefined;
      if (typeof value !== 'string') return [key, value];
      if ((type === 'integer' || type === 'number') && /^-?[0-9]{1,15}(\.[0-9]+)?$/.test(value))
        return [key, Number(value)];
      if (type === 'boolean' && /^(true|false)$/.test(value)) return [key, value === 'true'];
      return [key, value];
    }),
  );
}

export type Checked = { readonly value: unknown } | { readonly error: ApiError };

export function checkPart(schema: TSchema, part: string | undefined, data: unknown): Checked {
  const findings = new Findings();
  const value = part === 'querystring' ? readParameters(schema, data) : data;
  checkValue(schema, value, [], findings);
  if (findings.count === 0) return { value };
  const problems = findings.problems(undefined).map(({ path, message }) => ({ path, message }));
  return { error: new ApiError(statusByPart[part ?? ''] ?? 400, problems) };
}
