// Writes schema/shimline.schema.json. Run after a change of schema.ts: npx tsx src/control/config/write-schema.ts
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jsonSchemaText } from './json-schema.ts';

const folder = fileURLToPath(new URL('../../../schema/', import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}shimline.schema.json`, jsonSchemaText());
