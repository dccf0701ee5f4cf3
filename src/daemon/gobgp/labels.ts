// The label by which other PEs reach a route of a VRF: the VRF's, or that of the CE or prefix. Control binds them with the
// routes themselves, and has their entries in the label map.
import type { RouterControl } from '../../control/live/index.ts';
import type { VrfModel } from '../../control/model.ts';
import { formatAddress, formatPrefix } from '../../wire/address.ts';
import { type Entry, prefixOf } from './rib.ts';

/** undefined: there is no such VRF any more, or no label was left for it. */
export function labelOfEntry(
  { labelManager, state }: Pick<RouterControl, 'labelManager' | 'state'>,
  vrf: VrfModel | undefined,
  entry: Entry,
): number | undefined {
  if (vrf === undefined) return undefined;
  const [path] = entry.paths;
  let key = '';
  if (vrf.labelMode === 'per-prefix') key = `vrf ${vrf.name} prefix ${formatPrefix(prefixOf(entry.key))}`;
  else if (vrf.labelMode === 'per-ce' && path?.kind === 'via') key = `vrf ${vrf.name} ce ${formatAddress(path.via)}`;
  // Where another source's route is believed, there is none of the route's own, and the table decides.
  const own = key === '' ? undefined : labelManager.find(key);
  return own ?? state.vrfLabels.labelOf(vrf.name);
}
