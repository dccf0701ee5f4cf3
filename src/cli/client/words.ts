// The path grammar on the command line: `10.2.0.0/16 vrf red via 192.0.2.2 labels 24012,16002 and via 192.0.2.3 backup` to the
// object of the configuration file that says the same.
import { usageError } from '../errors.ts';
import { nearest } from '../nearest.ts';

type Entry = Record<string, unknown>;

const flags: readonly string[] = ['backup', 'entropy', 'drop', 'receive', 'punt', 'pop'];
const valued: readonly string[] = [
  'via',
  'interface',
  'labels',
  'weight',
  'ttl',
  'tc',
  'table',
  'pseudowire',
  'payload',
  'vrf',
];
/** Between two paths. */
const between = 'and';

function numberOrText(text: string): number | string {
  return /^-?[0-9]+$/.test(text) ? Number(text) : text;
}

function readValue(key: string, text: string): unknown {
  if (key === 'labels') return text === '' || text === 'none' ? [] : text.split(',').map(numberOrText);
  return ['weight', 'ttl', 'tc'].includes(key) ? numberOrText(text) : text;
}

/** Words of one path; keys that stand twice, and words that are no keys, are errors. */
function readPath(words: readonly string[]): Entry {
  const path: Entry = {};
  for (let i = 0; i < words.length; i++) {
    const key = words[i] as string;
    if (Object.hasOwn(path, key)) throw usageError(`'${key}' stands twice`);
    if (flags.includes(key)) path[key] = true;
    else if (valued.includes(key)) {
      const value = words[++i];
      if (value === undefined) throw usageError(`'${key}' wants a value behind it`);
      path[key] = readValue(key, value);
    } else throw usageError(`'${key}' is no word of a path${nearest(key, [...flags, ...valued, between])}`);
  }
  return path;
}

function readPaths(words: readonly string[]): Entry[] {
  const paths: string[][] = [[]];
  for (const word of words) {
    if (word === between) paths.push([]);
    else paths.at(-1)?.push(word);
  }
  return paths.map(readPath);
}

/** Words behind a prefix. A `vrf` before the first path names the table of the route, a later one that of a next hop. */
export function readRouteWords(prefix: string, words: readonly string[]): Entry {
  const hasTable = words[0] === 'vrf';
  if (hasTable && words[1] === undefined) throw usageError("'vrf' wants a value behind it");
  const table = hasTable ? { vrf: words[1] } : {};
  const paths = readPaths(hasTable ? words.slice(2) : words);
  const [only = {}] = paths;
  const alone = paths.length === 1 && only.vrf === undefined;
  return alone ? { ...table, prefix, ...only } : { ...table, prefix, paths };
}

/** Words behind an incoming label. */
export function readLabelWords(label: string, words: readonly string[]): Entry {
  const paths = readPaths(words);
  const [only = {}] = paths;
  return { label: numberOrText(label), ...(paths.length === 1 ? only : { paths }) };
}

/** `vrf red source api`: names and values in turn, as parameters of a list. */
export function readFilters(words: readonly string[]): Record<string, string> {
  if (words.length % 2 !== 0) throw usageError(`'${words.at(-1)}' wants a value behind it: filters are NAME VALUE`);
  const filters: Record<string, string> = {};
  for (let i = 0; i < words.length; i += 2) filters[words[i] as string] = words[i + 1] as string;
  return filters;
}
