// `npm run kernels`: writes the layout that kernels import and the modules that carry their binaries.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileKernels, kernelModules } from './compile.ts';
import { layoutModule } from './layout.ts';

const place = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

writeFileSync(place('kernels/assembly/layout.ts'), layoutModule());
for (const module of kernelModules) writeFileSync(place(module.carrier), await compileKernels(module));
