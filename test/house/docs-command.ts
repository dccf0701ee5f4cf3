// `npm run -s docs`: writes the pages and the schema that are made from the code. The conformance ledger is made from
// a test run instead, by `npm run -s ledger`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchemaText } from '../../src/control/config/index.ts';
import { projectRoot } from './files.ts';
import { reasonsPage } from './reasons-page.ts';

writeFileSync(join(projectRoot, 'docs/drop-reasons.md'), reasonsPage());
writeFileSync(join(projectRoot, 'schema/shimline.schema.json'), jsonSchemaText());
