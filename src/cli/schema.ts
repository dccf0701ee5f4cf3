// `shimline schema`: the JSON Schema of the configuration file, for editors.
import { jsonSchemaText } from '../control/config/json-schema.ts';
import type { CliIo } from './terminal.ts';

export async function schema(_options: unknown, io: CliIo): Promise<number> {
  io.out.write(jsonSchemaText());
  return 0;
}
