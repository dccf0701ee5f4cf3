// The configuration's public face: text or object in, RouterModel or every problem out. Free of Node modules;
// reading from disk is load.ts.
export { jsonSchema, jsonSchemaText } from './json-schema.ts';
export { parseConfig } from './parse.ts';
export { ConfigError, formatPlace, formatProblem, type Locate, type Place, type Problem } from './problems.ts';
export { parseLabel, parseNeighbor, parseRoute, type ReadResource } from './resources.ts';
export * from './schema.ts';
export { type ConfigOptions, type Validated, type ValidateOptions, validateConfig } from './validate.ts';
