// Who imports whom: read from the text of the modules, types included, since an arrow is an arrow.
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { readProjectFile } from './files.ts';

export interface Import {
  /** The importing file, from the project's root. */
  readonly from: string;
  /** A file of ours from the root, or the name of a package or Node module. */
  readonly to: string;
  readonly isOurs: boolean;
}

const clause = /^\s*(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]/gm;
const bare = /^\s*import\s*['"]([^'"]+)['"]/gm;
const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

export function importsOf(path: string): Import[] {
  const text = readProjectFile(path);
  const names = [clause, bare, dynamic].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => match[1] ?? ''),
  );
  return names.map((name) => {
    const isOurs = name.startsWith('.');
    return { from: path, to: isOurs ? posix.join(posix.dirname(path), name) : name, isOurs };
  });
}

/** Every import that is reached from the files, each file once. */
export function importsReached(entries: readonly string[]): Import[] {
  const seen = new Set(entries);
  const found: Import[] = [];
  for (const path of seen) {
    const imports = importsOf(path);
    found.push(...imports);
    for (const each of imports) if (each.isOurs) seen.add(each.to);
  }
  return found;
}

/** `fs`, `node:fs`, `fs/promises`. */
export function isNodeModule(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name);
}
