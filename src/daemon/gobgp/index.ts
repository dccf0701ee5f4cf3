// GoBGP for a running router: one call when it starts, one when a configuration was taken over, one at its end. The adapter,
// and gRPC with it, is loaded only where a configuration names a gobgpd.
import type { RouterModel } from '../../control/model.ts';
import type { AdapterView } from '../adapter.ts';
import type { Log } from '../log.ts';
import type { Adapter, RouterForGobgp } from './adapter.ts';

export interface Gobgp {
  /** undefined: there is no such section. */
  view(): AdapterView | undefined;
  /** The router's configuration is another one now. */
  follow(): Promise<void>;
  close(): Promise<void>;
}

/** What an adapter has been made for: another one is due when this is another. */
function wishOf({ gobgp, vrfs, interfaces, routes }: RouterModel): string {
  if (gobgp === undefined) return '';
  const exporting = new Set(vrfs.filter(({ policy }) => policy?.local.includes('static')).map(({ name }) => name));
  const subnets = interfaces.map(({ vrf, addresses }) => ({ vrf, addresses }));
  const own = routes
    .filter(({ vrf }) => vrf !== undefined && exporting.has(vrf))
    .map(({ vrf, prefix }) => ({ vrf, prefix }));
  return JSON.stringify({ gobgp, vrfs, subnets, own });
}

/** Begins as the router's configuration says, and waits for no gobgpd. */
export async function openGobgp(router: RouterForGobgp, log: Log): Promise<Gobgp> {
  let adapter: Adapter | undefined;
  let wish = '';
  const follow = async () => {
    const { model } = router;
    const wanted = wishOf(model);
    if (wanted === wish) return;
    wish = wanted;
    const { Adapter, source } = await import('./adapter.ts');
    await adapter?.close();
    adapter = undefined;
    if (model.gobgp !== undefined) adapter = new Adapter(router, model.gobgp, log);
    else {
      router.control.markStale(source);
      await router.sweep(source);
    }
  };
  await follow();
  return {
    view: () => adapter?.view(),
    follow,
    close: async () => {
      await adapter?.close();
    },
  };
}
