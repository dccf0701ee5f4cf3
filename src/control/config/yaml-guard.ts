// What the YAML parser may be given: it takes text that nests without end apart for minutes, and may take the whole process
// with it, so that such text is not given to it at all.

/** No configuration nests like that. */
export const depthMax = 100;
/** `- - - -` and `? ? ?` open a level each, on one line. */
const openers = new RegExp(`(?:[-?:][ \\t]+){${depthMax}}`);

/** Whether lists and maps are open in one another beyond all sense. Brackets in texts are counted too: they are few. */
export function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5b || code === 0x7b) {
      if (++depth > depthMax) return true;
    } else if (depth > 0 && (code === 0x5d || code === 0x7d)) depth--;
    // A bracket that nobody closes, in a text or comment, has no effect beyond a block of lines that begin anew.
    else if (code === 0x0a && isWordAt(text, i + 1)) depth = 0;
  }
  return openers.test(text) || deepestIndent(text) > depthMax;
}

function isWordAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at) | 0x20;
  return code >= 0x61 && code <= 0x7a;
}

/** How often lines are indented further, each than the one before it. */
function deepestIndent(text: string): number {
  let deepest = 0;
  const indents: number[] = [];
  for (const [, spaces = ''] of text.matchAll(/^( *)[^ \n]/gm)) {
    while (indents.length > 0 && (indents.at(-1) as number) >= spaces.length) indents.pop();
    indents.push(spaces.length);
    deepest = Math.max(deepest, indents.length);
  }
  return deepest;
}
