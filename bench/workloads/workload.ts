// What a workload is, and how large it is made.
import type { RouterModel } from '../../src/control/model.ts';
import type { StoredFrames } from '../frames.ts';

export interface Scale {
  readonly labels: number;
  readonly prefixes4: number;
  readonly prefixes6: number;
  readonly vrfs: number;
  readonly prefixesPerVrf: number;
  /** More than any cache holds, so that no look-up of a round is at hand in the next one. */
  readonly frames: number;
}

export const fullScale: Scale = {
  labels: 2 ** 20 - 16,
  prefixes4: 1_000_000,
  prefixes6: 250_000,
  vrfs: 1000,
  prefixesPerVrf: 1000,
  frames: 2 ** 20,
};

export const smallScale: Scale = {
  labels: 1000,
  prefixes4: 1000,
  prefixes6: 1000,
  vrfs: 20,
  prefixesPerVrf: 50,
  frames: 4096,
};

/** By the name that goes over a command line. */
export function scaleOf(name: string): Scale {
  return name === 'small' ? smallScale : fullScale;
}

export interface BuiltWorkload {
  readonly model: RouterModel;
  readonly frames: StoredFrames;
  /** Of a mixture: its ordinary frames, and those that take the slow path, each alone. */
  readonly parts?: { readonly rest: StoredFrames; readonly slow: StoredFrames };
}

export interface Workload {
  readonly name: string;
  readonly frameBytes: number;
  /** One sentence: tables and frames. */
  readonly title: string;
  build(scale: Scale): BuiltWorkload;
}
