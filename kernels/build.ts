// `npm run kernels`: writes the layout that kernels import and the module that carries their binary.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { binaryModule, compileKernels } from './compile.ts';
import { layoutModule } from './layout.ts';

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

writeFileSync(place('assembly/layout.ts'), layoutModule());
const binary = await compileKernels();
writeFileSync(place('../src/engine/fast/kernel-binary.ts'), binaryModule(binary));
console.log(`kernels: ${binary.length} bytes`);
