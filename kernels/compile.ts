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

/** A module of kernels: its entry in assembly/, and the module that carries it. */
export interface KernelModule {
  readonly entry: string;
  readonly carrier: string;
  /** What the carrier exports. */
  readonly name: string;
}

export const kernelModules: readonly KernelModule[] = [
  { entry: 'fast.ts', carrier: 'src/engine/fast/kernel-binary.ts', name: 'kernelBinary' },
  { entry: 'capture.ts', carrier: 'src/io/capture-binary.ts', name: 'captureBinary' },
];

/** The module that carries what `entry` compiles to. Throws with the compiler's own words when it refuses. */
export async function compileKernels({ entry, name }: KernelModule): Promise<string> {
  let binary: Uint8Array | undefined;
  const layout = layoutModule();
  const { error, stderr } = await main([entry, ...flags], {
    readFile: (path) => {
      if (path === layoutName) return layout;
      try {
        return readFileSync(`${folder}${path}`, 'utf8');
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
  return binaryModule(entry, name, binary);
}

const columns = 116;

function binaryModule(entry: string, name: string, binary: Uint8Array): string {
  const lines =
    Buffer.from(binary)
      .toString('base64')
      .match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
  return [
    `// Made by \`npm run kernels\`: kernels/assembly/${entry} as a WebAssembly module, ${binary.length} bytes in base64.`,
    `export const ${name} = \``,
    ...lines,
    '`;',
    '',
  ].join('\n');
}
