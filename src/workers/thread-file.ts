// Where the code of a worker thread lies and how Node is to load it: TypeScript in development and under test, where
// the thread needs the loader that we run under; JavaScript beside us once we are built.
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface ThreadFile {
  readonly filename: string;
  readonly execArgv: string[];
}

/** The module of this folder with this name, without an extension. */
export function threadFile(name: string): ThreadFile {
  const isSource = import.meta.url.endsWith('.ts');
  const filename = fileURLToPath(new URL(`./${name}.${isSource ? 'ts' : 'js'}`, import.meta.url));
  if (!isSource) return { filename, execArgv: [] };
  const loader = createRequire(import.meta.url).resolve('tsx');
  return { filename, execArgv: ['--import', pathToFileURL(loader).href] };
}
