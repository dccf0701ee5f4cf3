// The OpenAPI document: from the endpoints, and from the schemas by which the configuration file is validated.
import type { TObject, TSchema } from '@sinclair/typebox';
import { annotationKeys } from '../../control/config/index.ts';
import { type Body, type Endpoint, MediaType } from './endpoint.ts';
import { errorsSchema, namedSchemas } from './schemas.ts';

const hidden: readonly string[] = annotationKeys;
const names = new Map<unknown, string>(Object.entries(namedSchemas).map(([name, schema]) => [schema, name]));

/** The schema without this project's annotations; parts that have a name are referred to by it. */
function plain(schema: unknown, mayRefer = true): unknown {
  const name = mayRefer ? names.get(schema) : undefined;
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  if (Array.isArray(schema)) return schema.map((each) => plain(each));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([key, value]) => !(hidden.includes(key) && typeof value !== 'object'));
  return Object.fromEntries(entries.filter(([key]) => key !== 'elsewhere').map(([key, value]) => [key, plain(value)]));
}

function parameters(query: TObject | undefined): object[] {
  const required = query?.required ?? [];
  return Object.entries(query?.properties ?? {}).map(([name, schema]) => {
    const { description, ...form } = plain(schema, false) as Record<string, unknown>;
    return { name, in: 'query', required: required.includes(name), description, schema: form };
  });
}

function requestBody({ types, schema, isStream }: Body): object {
  const form = { schema: plain(schema) };
  const note = isStream ? 'One object a line.' : undefined;
  return {
    required: true,
    ...(note && { description: note }),
    content: Object.fromEntries(types.map((type) => [type, form])),
  };
}

function content(types: Readonly<Record<string, TSchema>> | undefined): object {
  if (types === undefined) return {};
  return {
    content: Object.fromEntries(Object.entries(types).map(([type, schema]) => [type, { schema: plain(schema) }])),
  };
}

const failure = (description: string) => ({ description, ...content({ [MediaType.json]: errorsSchema }) });

function operation({ method, path, summary, query, body, answers }: Endpoint): object {
  const name = path.slice(1).replaceAll(/[^a-z]+(\w)/g, (_, letter: string) => letter.toUpperCase());
  const given = Object.entries(answers).map(([status, { description, content: types }]) => [
    status,
    { description, ...content(types) },
  ]);
  return {
    operationId: `${method.toLowerCase()}${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    summary,
    parameters: parameters(query),
    ...(body && { requestBody: requestBody(body) }),
    responses: { ...Object.fromEntries(given), '4XX': failure('What was asked for is wrong, and nothing was done.') },
  };
}

/** `version`: of the program. `hasToken`: whether a bearer token is due. */
export function openApiDocument(endpoints: readonly Endpoint[], version: string, hasToken: boolean): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of endpoints) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: operation(endpoint) };
  }
  const schemas = Object.fromEntries(
    Object.entries(namedSchemas).map(([name, schema]) => [name, plain({ ...schema }, false)]),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'shimline',
      version,
      description: 'The control API of a running router. Objects are those of its configuration file.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    ...(hasToken && { security: [{ token: [] }] }),
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Over TCP only.' } },
    },
  };
}
