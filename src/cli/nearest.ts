// The hint behind a name that is not known: the one that was probably meant, or all of them when none is near.
import { suggestion } from '../control/config/names.ts';

/** More names than this are not listed. */
const listMax = 12;

/** `; did you mean 'ce1'?`, or `; known: ce1, core1`, or nothing. */
export function nearest(name: string, known: readonly string[]): string {
  const meant = suggestion(name, known);
  if (meant !== '' || known.length === 0 || known.length > listMax) return meant;
  return `; known: ${known.join(', ')}`;
}
