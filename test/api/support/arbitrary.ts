// From a JSON Schema, as the OpenAPI document has it, to values that fit it, and to values that nearly do.
import fc, { type Arbitrary } from 'fast-check';

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly pattern?: string;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Texts that mean something to a router, so that more than the form of a value is tried. */
const words = [
  ...['10.0.12.2', '10.1.1.2', '192.0.2.2', '2001:db8:0:12::2', '0.0.0.0', '::', '255.255.255.255', '10.0.12.1'],
  ...['10.2.0.0/16', '0.0.0.0/0', '2001:db8::/32', '10.0.12.2/32', '10.1.1.1/24', '::/0'],
  ...['red', 'blue', 'global', 'core1', 'ce1', 'ce1.100', 'ce1.200', 'acme', 'config', 'api', 'local', 'vrf'],
  ...[
    '02:00:00:00:00:09',
    '65000:1',
    '16-100',
    '',
    ' ',
    '__proto__',
    'constructor',
    'toString',
    '\u0000',
    '\ud800',
    '💥',
  ],
];
const numbers = [0, 1, 3, 15, 16, 16001, 24001, 24050, 1048575, 1048576, -1, 0.5, 2 ** 31, 2 ** 53, 1e300, -0];

export class Arbitraries {
  readonly #definitions: Readonly<Record<string, JsonSchema>>;
  readonly #made = new Map<string, Arbitrary<unknown>>();

  constructor(definitions: Readonly<Record<string, JsonSchema>>) {
    this.#definitions = definitions;
  }

  /** Values that fit the schema, as far as that can say it. */
  fitting(schema: JsonSchema): Arbitrary<unknown> {
    if (schema.$ref !== undefined) return this.#named(schema.$ref.split('/').at(-1) ?? '');
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((each) => this.fitting(each)));
    switch (schema.type) {
      case 'object':
        return this.#object(schema);
      case 'array': {
        const { items = {}, minItems: minLength = 0, maxItems = 4 } = schema;
        return fc.array(this.fitting(items), { minLength, maxLength: Math.min(maxItems, 4) });
      }
      case 'integer':
        return this.#integer(schema);
      case 'number':
        return fc.double({ min: 0.001, max: 100, noNaN: true });
      case 'boolean':
        return fc.boolean();
      case 'string':
        return this.#text(schema);
      default:
        return fc.jsonValue({ maxDepth: 2 });
    }
  }

  /** Values of which a part somewhere was put in the place of what would fit. */
  broken(schema: JsonSchema): Arbitrary<unknown> {
    const odd = fc.oneof(
      fc.constantFrom<unknown>(...words, ...numbers, null, true, [], {}),
      fc.jsonValue({ maxDepth: 2 }),
    );
    return fc.tuple(this.fitting(schema), odd, fc.array(fc.nat(7), { maxLength: 5 })).map(([value, part, steps]) => {
      return replaced(value, steps, part);
    });
  }

  #named(name: string): Arbitrary<unknown> {
    let made = this.#made.get(name);
    if (made === undefined) {
      made = this.fitting(this.#definitions[name] ?? {});
      this.#made.set(name, made);
    }
    return made;
  }

  #object({ properties = {}, patternProperties = {}, required = [] }: JsonSchema): Arbitrary<unknown> {
    const model = Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, this.fitting(value)]));
    // Keys that may be there are there now and then: whole objects would always contradict themselves.
    const some = fc.record(model, { requiredKeys: [...required] }).chain((whole) => {
      const free = Object.keys(whole).filter((key) => !required.includes(key));
      return fc.subarray(free, { maxLength: Math.min(free.length, 3) }).map((kept) => {
        return Object.fromEntries(
          Object.entries(whole).filter(([key]) => required.includes(key) || kept.includes(key)),
        );
      });
    });
    const [member] = Object.values(patternProperties);
    if (member === undefined) return some;
    const keys = fc.constantFrom('red', 'blue', 'core1', 'ce1', 'ce1.100', 'acme', 'x1');
    return fc.dictionary(keys, this.fitting(member), { maxKeys: 3 });
  }

  #integer({ minimum = 0, maximum = 2 ** 31 }: JsonSchema): Arbitrary<unknown> {
    const known = numbers.filter((each) => Number.isInteger(each) && each >= minimum && each <= maximum);
    const whole = fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 31 - 1) });
    return known.length > 0 ? fc.oneof(whole, fc.constantFrom(...known)) : whole;
  }

  #text({ pattern }: JsonSchema): Arbitrary<unknown> {
    const known = fc.constantFrom(...words);
    if (pattern === undefined || pattern.includes('(?!')) return fc.oneof({ weight: 5, arbitrary: known }, fc.string());
    return fc.oneof(fc.stringMatching(new RegExp(pattern)), known);
  }
}

/** The value with the part that the steps lead to exchanged. */
function replaced(value: unknown, steps: readonly number[], part: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof value !== 'object' || value === null) return part;
  if (Array.isArray(value)) {
    return value.length === 0
      ? [part]
      : value.with(step % value.length, replaced(value[step % value.length], rest, part));
  }
  const keys = Object.keys(value);
  // One key more than there are: what nobody knows.
  const key = keys[step % (keys.length + 1)] ?? 'odd';
  return { ...value, [key]: replaced((value as Record<string, unknown>)[key], rest, part) };
}
