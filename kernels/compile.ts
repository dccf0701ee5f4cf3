// Compiles the kernels: AssemblyScript in, a WebAssembly module out, and the TypeScript module that carries it. The
// binary is kept in the project, so that nobody who runs shimline needs a compiler; a test compares it with its source.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';
import { layoutModule } from './layout.ts';

const folder = fileURLToPath(new URL('assembly/', import.meta.url));
const layoutName = 'layout.ts';

/** As wide as a WebAssembly memory can be: the tables' own says how large it is. */
const pagesMax = 65_536;
const flags = [
  'index.ts',
  '--outFile',
  'kernels.wasm',
  '--optimizeLevel',
  '3',
  '--converge',
  '--noAssert',
  '--runtime',
  'stub',
  '--use',
  'abort=',
  '--importMemory',
  '--sharedMemory',
  '--initialMemory',
  '1',
  '--maximumMemory',
  String(pagesMax),
  '--enable',
  'threads',
  '--enable',
  'simd',
];

/** Throws with the compiler's own words when it refuses. */
export async function compileKernels(): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const layout = layoutModule();
  const { error, stderr } = await main(flags, {
    readFile: (name) => {
      if (name === layoutName) return layout;
      try {
        return readFileSync(`${folder}${name}`, 'utf8');
      } catch {
        return null;
      }
    },
    writeFile: (_name, contents) => {
      if (contents instanceof Uint8Array) binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new Error(`the kernels do not compile:\n${stderr.toString()}`);
  return binary;
}

const columns = 116;

/** The module that carries the binary. */
export function binaryModule(binary: Uint8Array): string {
  const text = Buffer.from(binary).toString('base64');
  const lines = text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
  return [
    '// Made by `npm run kernels`: kernels/assembly/ as a WebAssembly module, in base64.',
    'export const kernelBinary = `',
    ...lines,
    '`;',
    '',
  ].join('\n');
}
