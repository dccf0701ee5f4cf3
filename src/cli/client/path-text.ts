// A path of a route or label as the command line takes it: what is shown can be typed.
import type { LabelPathConfig } from '../../control/config/index.ts';

export type RoutePathConfig = LabelPathConfig;

/** `via 192.0.2.2 labels 24012 weight 2 backup` */
export function pathText(path: RoutePathConfig): string {
  return Object.entries(path)
    .map(([key, value]) => {
      if (value === true) return key;
      if (!Array.isArray(value)) return `${key} ${value}`;
      return `${key} ${value.length === 0 ? 'none' : value.join(',')}`;
    })
    .join(' ');
}
