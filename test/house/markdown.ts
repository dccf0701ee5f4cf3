// The hand-written pages as the tests read them: fenced blocks, and the files that are named in running text.
import { readProjectFile } from './files.ts';

export const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'docs/configuration.md',
  'docs/api.md',
] as const;

export interface Fence {
  readonly language: string;
  readonly lines: readonly string[];
}

/** Fenced blocks in their order. */
export function fencesIn(text: string): Fence[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    lines: (match[2] ?? '').trimEnd().split('\n'),
  }));
}

export interface Example {
  readonly commands: readonly string[];
  /** Lines of standard output that the page shows; a line of `…` stands for any number of others. */
  readonly shown: readonly string[] | undefined;
}

/** The `sh` blocks of a page, each with the `text` block behind it. Lines that end in a backslash go on. */
export function examplesIn(page: string): Example[] {
  const fences = fencesIn(readProjectFile(page));
  return fences.flatMap(({ language, lines }, i) => {
    if (language !== 'sh') return [];
    const behind = fences[i + 1];
    const commands = lines
      .join('\n')
      .replaceAll(/\s*\\\n\s*/g, ' ')
      .split('\n');
    return [{ commands, shown: behind?.language === 'text' ? behind.lines : undefined }];
  });
}

/** Files and folders of the project that a page names in backticks or links. */
export function pathsNamedIn(page: string): string[] {
  const text = readProjectFile(page).replaceAll(/^```[\s\S]*?^```$/gm, '');
  const ticked = [...text.matchAll(/`((?:src|test|docs|schema|pcaps|bench|\.ci)\/[\w./-]*)`/g)].map(
    (match) => match[1] ?? '',
  );
  const folder = page.includes('/') ? page.replace(/[^/]*$/, '') : '';
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => {
    return new URL(match[1] ?? '', `file:///${folder}`).pathname.slice(1);
  });
  return [...new Set([...ticked, ...linked])];
}
