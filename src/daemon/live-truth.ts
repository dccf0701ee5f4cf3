// The truth of a running router as the control API knows it: read from the control side, changed in its turn with whatever
// else the router does.
import type { RouterModel } from '../control/model.ts';
import type { IpAddress } from '../wire/address.ts';
import type { RouteFilter, RouterTruth, TransactionRequest } from './api/service.ts';
import type { RunningRouter } from './running-router.ts';

export class LiveTruth implements RouterTruth {
  readonly #router: RunningRouter;

  constructor(router: RunningRouter) {
    this.#router = router;
  }

  get version(): number {
    return this.#router.control.version;
  }

  transact(request: TransactionRequest) {
    return this.#router.transact(request);
  }

  replaceConfig(model: RouterModel, version?: number) {
    return this.#router.replaceConfig(model, version);
  }

  markStale(source: string): void {
    this.#router.control.markStale(source);
  }

  sweep(source: string) {
    return this.#router.sweep(source);
  }

  routes(filter?: RouteFilter) {
    return this.#router.control.routes(filter);
  }

  labels() {
    return this.#router.control.labels();
  }

  neighbors() {
    return this.#router.control.neighbors();
  }

  vrfs() {
    return this.#router.control.vrfs();
  }

  bindings() {
    return this.#router.control.bindings();
  }

  sourceViews() {
    return this.#router.control.sourceViews();
  }

  explainRoute(vrf: string | undefined, address: IpAddress) {
    return this.#router.control.explainRoute(vrf, address);
  }

  kept() {
    return this.#router.labelsKept();
  }

  skeleton(): RouterModel {
    return this.#router.skeleton;
  }

  configModel(): RouterModel {
    return this.#router.model;
  }
}
