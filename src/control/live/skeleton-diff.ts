// What is different between two configurations' settings, interfaces, VRFs and circuits, and whether a running router can
// take it over in place.
import type { InterfaceModel, RouterModel, VrfModel } from '../model.ts';

export interface SkeletonDiff {
  /** Something that the tables were laid out by is another: new tables are due. */
  readonly isRebuild: boolean;
  readonly removed: readonly VrfModel[];
  readonly added: readonly VrfModel[];
  readonly changed: readonly VrfModel[];
  readonly interfaces: readonly InterfaceModel[];
}

const textOf = (value: unknown): string => JSON.stringify(value, (key, each) => (key === 'path' ? undefined : each));

function fixedPart(model: RouterModel): string {
  const interfaces = model.interfaces.map((each) => ({ ...each, mtu: 0, mpls: false, urpf: undefined }));
  return textOf({ ...model, interfaces, vrfs: [], neighbors: [], routes: [], labels: [] });
}

export function diffSkeletons(before: RouterModel, after: RouterModel): SkeletonDiff {
  const old = new Map(before.vrfs.map((vrf) => [vrf.name, vrf]));
  const kept = new Set(after.vrfs.map(({ name }) => name));
  const changed = after.vrfs.filter((vrf) => old.has(vrf.name) && textOf(old.get(vrf.name)) !== textOf(vrf));
  const hasOtherMode = changed.some((vrf) => old.get(vrf.name)?.labelMode !== vrf.labelMode);
  return {
    isRebuild: hasOtherMode || fixedPart(before) !== fixedPart(after),
    removed: before.vrfs.filter(({ name }) => !kept.has(name)),
    added: after.vrfs.filter(({ name }) => !old.has(name)),
    changed,
    interfaces: after.interfaces.filter((each, i) => textOf(each) !== textOf(before.interfaces[i])),
  };
}
