// SNMP for a running router: one call when it starts, one when a configuration was taken over, one at its end.
import type { RouterModel } from '../../control/model.ts';
import type { Log } from '../log.ts';
import { SnmpAgent } from './agent.ts';
import { type RouterInView, RunningView } from './running-view.ts';

export interface Snmp {
  /** The router's configuration is another one now. */
  follow(): void;
  close(): Promise<void>;
}

/** Begins as the router's configuration says, and waits for nobody. */
export function openSnmp(router: RouterInView & { readonly model: RouterModel }, log: Log): Snmp {
  const view = new RunningView(router);
  const agent = new SnmpAgent(view, { log, description: `shimline ${router.model.name}` });
  const follow = () => {
    view.refresh();
    void agent.follow(router.model.snmp);
  };
  follow();
  return { follow, close: () => agent.close() };
}
