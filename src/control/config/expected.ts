// Schema errors in a user's words: one sentence per mistake, saying what is expected and what is there.
import { Kind, type TSchema } from '@sinclair/typebox';
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors';
import { nearest, suggestion } from './names.ts';
import type { Annotations } from './schema.ts';

const shownLengthMax = 40;

/** `a, b or c` */
export function alternatives(texts: readonly string[]): string {
  if (texts.length < 2) return texts.join('');
  return `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}

const notesOf = (schema: TSchema): Annotations => schema as Annotations;
const membersOf = (schema: TSchema): readonly TSchema[] => (Array.isArray(schema.anyOf) ? schema.anyOf : [schema]);

function rangeOf(schema: TSchema): string {
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  if (minimum !== undefined && maximum !== undefined) return `a whole number from ${minimum} to ${maximum}`;
  return minimum === undefined ? 'a whole number' : `a whole number of at least ${minimum}`;
}

/** What a schema accepts: `a whole number from 68 to 65535`. */
export function expectation(schema: TSchema): string {
  const { expected } = notesOf(schema);
  if (expected !== undefined) return expected;
  switch (schema[Kind]) {
    case 'Union':
      return alternatives(membersOf(schema).map(expectation));
    case 'Literal':
      return String(schema.const);
    case 'Integer':
      return rangeOf(schema);
    case 'Boolean':
      return 'true or false';
    case 'Array':
      return 'a list';
    case 'String':
      return 'text';
    default:
      return 'a map of keys';
  }
}

/** What is there instead, short. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > shownLengthMax ? `${value.slice(0, shownLengthMax)}…` : value);
}

function textHint(schema: TSchema, value: string): string {
  const kinds = membersOf(schema).map((member) => member[Kind]);
  if (kinds.includes('Integer') && /^-?[0-9]+$/.test(value)) return '; without quotes it is a number';
  if (kinds.includes('Boolean') || schema.const === true) {
    if (/^(true|false)$/i.test(value)) return '; without quotes it is not text';
    if (/^(yes|no|on|off|y|n)$/i.test(value)) return '; YAML 1.2 has only true and false';
  }
  const literals = membersOf(schema).flatMap(({ const: literal }) => (typeof literal === 'string' ? [literal] : []));
  return suggestion(value, literals);
}

function hint(schema: TSchema, value: unknown): string {
  if (typeof value === 'string') return textHint(schema, value);
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  return scalar && notesOf(schema).quotable ? '; in quotes it is text' : '';
}

/** `expected a whole number from 68 to 65535, got "big"` */
export function mismatch(schema: TSchema, value: unknown): string {
  const { outOfRange } = notesOf(schema);
  const prefix = outOfRange !== undefined && Number.isInteger(value) ? `${outOfRange}: ` : '';
  return `${prefix}expected ${expectation(schema)}, got ${describeValue(value)}${hint(schema, value)}`;
}

/** A key that the map does not have, with the nearest that it has or the place where it belongs. */
export function unknownKey(schema: TSchema, key: string): { message: string; meant: string | undefined } {
  const { elsewhere = {} } = notesOf(schema);
  const place = Object.hasOwn(elsewhere, key) ? elsewhere[key] : undefined;
  if (place !== undefined) return { message: `unknown key '${key}': ${place}`, meant: undefined };
  const known = Object.keys(schema.properties);
  return { message: `unknown key '${key}'${suggestion(key, known)}`, meant: nearest(key, known) };
}

export interface SchemaProblem {
  readonly kind: 'unknown-key' | 'missing-key' | 'mismatch';
  /** JSON pointer from the value that was checked. */
  readonly pointer: string;
  readonly message: string;
  /** Of an unknown key: the known one that was probably meant. */
  readonly meant?: string | undefined;
}

const pointerKey = (pointer: string) =>
  pointer
    .slice(pointer.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');

export function describeError(error: ValueError): SchemaProblem {
  const { schema, path: pointer, value } = error;
  if (error.type === ValueErrorType.ObjectAdditionalProperties) {
    return { kind: 'unknown-key', pointer, ...unknownKey(schema, pointerKey(pointer)) };
  }
  if (error.type === ValueErrorType.ObjectRequiredProperty) {
    return { kind: 'missing-key', pointer, message: `missing key '${pointerKey(pointer)}'` };
  }
  return { kind: 'mismatch', pointer, message: mismatch(schema, value) };
}
