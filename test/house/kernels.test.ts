// The kernels that are carried are those of the source: compiled anew they give the same bytes.
import { expect, test } from 'vitest';
import { compileKernels, kernelModules } from '../../kernels/compile.ts';
import { layoutModule } from '../../kernels/layout.ts';
import { readProjectFile } from './files.ts';

test('kernels/assembly/layout.ts has the numbers of the modules that define them', () => {
  expect(readProjectFile('kernels/assembly/layout.ts')).toBe(layoutModule());
});

test.each(kernelModules)('$carrier carries what $entry compiles to', async (module) => {
  expect(readProjectFile(module.carrier)).toBe(await compileKernels(module));
});
