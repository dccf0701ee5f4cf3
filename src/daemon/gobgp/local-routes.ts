// Routes of VRFs' own, connected and static, that the configuration lets out: to GoBGP, to VRFs that import them, and by leaks.
import type { PathModel, RouterModel } from '../../control/model.ts';
import { type IpPrefix, networkOf } from '../../wire/address.ts';
import type { Learner } from './learner.ts';
import { communitiesOf, ownAttributes } from './messages.ts';
import type { Policies } from './policies.ts';
import { keyOf, type Rib } from './rib.ts';

/** Between the CEs' routes (100) and nothing: a local route is as good as one of a CE. */
const rank = { localPreference: 100, asPathLength: 0, origin: 2, med: 0 };

export function putLocalRoutes(rib: Rib, policies: Policies, learner: Learner, model: RouterModel): void {
  for (const [table, vrf] of policies.vrfs.entries()) {
    if (vrf === undefined) continue;
    const { local } = policies.policyOf(table);
    const home = learner.homes.get(table);
    const prefixes = [
      ...(local.includes('connected') ? connectedOf(model, vrf.name) : []),
      ...(local.includes('static')
        ? model.routes.filter((route) => route.vrf === vrf.name).map((route) => route.prefix)
        : []),
    ];
    if (prefixes.length === 0) continue;
    const attributes = ownAttributes();
    if (home !== undefined && home.targetBytes.length > 0) attributes.push(communitiesOf(home.targetBytes));
    const paths = [intoTable(vrf.name)];
    const owner = rib.owner(`local ${vrf.name}`, table);
    for (const prefix of prefixes) {
      // The VRF itself has the route already.
      const tables = policies.placeOwn(table, home?.targets ?? [], prefix).filter((each) => each !== table);
      const key = keyOf(prefix.words, prefix.length);
      rib.put({ key, owner, paths, tables, told: { attributes }, stamp: learner.stamp, ...rank });
    }
  }
}

function connectedOf(model: RouterModel, vrf: string): IpPrefix[] {
  const own = model.interfaces.filter((entry) => entry.vrf === vrf && entry.role === 'routed');
  return own.flatMap(({ addresses }) => addresses.map(networkOf));
}

/** The other table looks the packet up in the VRF. */
function intoTable(target: string): PathModel {
  return { kind: 'table', target, weight: 1, backup: false, ttl: undefined, tc: undefined, payload: undefined };
}
