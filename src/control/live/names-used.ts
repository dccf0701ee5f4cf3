// Which names of VRFs, interfaces and pseudowires paths refer to.
import type { PathModel } from '../model.ts';

/** Which of the names (`vrf red`, `interface ce1`, `pseudowire acme`) a path refers to, if to one of them. */
export function nameUsed(paths: readonly PathModel[], names: ReadonlySet<string>): string | undefined {
  for (const path of paths) {
    const used =
      path.kind === 'via'
        ? [`vrf ${path.vrf}`, `interface ${path.interface}`]
        : [`${path.kind === 'table' ? 'vrf' : path.kind} ${path.target}`];
    const name = used.find((each) => names.has(each));
    if (name !== undefined) return name;
  }
  return undefined;
}
