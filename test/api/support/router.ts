// A router for tests of the API: a truth over compiled tables, and a plane that says what it is told to.

import { parseConfig } from '../../../src/control/config/index.ts';
import type { AccountBook } from '../../../src/control/live/index.ts';
import { RouterControl } from '../../../src/control/live/router-control.ts';
import type { RouterModel } from '../../../src/control/model.ts';
import { compileRouter } from '../../../src/control/router.ts';
import type {
  CaptureFilter,
  FrameTap,
  MacPlace,
  RouterEvent,
  RouterPlane,
  RouterService,
} from '../../../src/daemon/api/service.ts';
import type { LiveSummary } from '../../../src/daemon/live-summary.ts';
import type { Log } from '../../../src/daemon/log.ts';
import { ReloadingTruth } from './reloading-truth.ts';

export const routerYaml = `
router: {name: pe1, id: 192.0.2.1}
interfaces:
  core1:
    mac: 02:00:00:00:01:0f
    mpls: true
    addresses: [10.0.12.1/24, 2001:db8:0:12::1/64]
    device: {loopback: cable}
  ce1: {mac: 02:00:00:00:01:01, vrf: red, addresses: [10.1.1.1/24], device: {loopback: cable}}
  ce1.100: {vlan: 100, vrf: blue, addresses: [10.1.1.1/24]}
  ce1.200: {vlan: 200}
  ce1.300: {vlan: 300}
vrfs:
  red: {rd: "65000:1", import: ["65000:1"], export: ["65000:1"], label: 24001}
  blue: {rd: "65000:2"}
neighbors:
  - {interface: core1, address: 10.0.12.2, mac: 02:00:00:00:00:02}
routes:
  - {prefix: 192.0.2.2/32, via: 10.0.12.2, labels: [16002]}
  - {vrf: red, prefix: 10.2.0.0/16, via: 192.0.2.2, labels: [24012]}
labels:
  - {label: 16001, via: 10.0.12.2, labels: [16005]}
pseudowires:
  acme: {peer: 192.0.2.2, localLabel: 24050, remoteLabel: 24060}
xconnects:
  - [ce1.200, {pseudowire: acme}]
bridges:
  lan: {interfaces: [ce1.300], macs: [{mac: 02:cc:00:00:00:01, interface: ce1.300}]}
`;

export function readModel(yaml: string): RouterModel {
  return parseConfig(yaml, 'test.yaml', { live: true });
}

export class TestPlane implements RouterPlane {
  readonly #truth: { readonly model: RouterModel; readonly book?: AccountBook | undefined };
  readonly #listeners = new Set<(event: RouterEvent) => void>();
  drops: Record<string, number> = {};
  turns = 0;
  tap: FrameTap | undefined;
  filters: CaptureFilter[] = [];
  flushes: MacPlace[] = [];

  constructor(truth: { readonly model: RouterModel; readonly book?: AccountBook | undefined }) {
    this.#truth = truth;
  }

  ports() {
    const ports = this.#truth.model.interfaces.filter(({ name, port }) => name === port);
    return ports.map(({ name }) => ({ name, isOpen: true, isUp: name !== 'ce1', complaint: '' }));
  }

  summary(): LiveSummary {
    const counts = { in: { frames: 3, bytes: 300 }, out: { frames: 2, bytes: 200 } };
    return {
      frames: { in: 3, out: 2, punted: 0, dropped: 1, copied: 0, made: 0, held: 0 },
      interfaces: { core1: counts },
      drops: { ...this.drops },
      punts: { arp: 1 },
      seconds: 1,
      mpps: 0,
      workers: 1,
      devices: {
        core1: {
          receiveLost: 1,
          sendFailed: 0,
          sendFailedBytes: 0,
          receiveOversized: 0,
          receiveSegments: 0,
          receiveUnchecked: 0,
        },
      },
    };
  }

  controlCounts() {
    return {};
  }

  adapters() {
    return [];
  }

  heartbeats(): number[] {
    return [++this.turns];
  }

  forwarding() {
    return compileRouter(this.#truth.model);
  }

  accounts() {
    return this.#truth.book;
  }

  tableBytes(): number {
    return 1024;
  }

  async flushMacs(place: MacPlace): Promise<number> {
    this.flushes.push(place);
    return 7;
  }

  watch(listener: (event: RouterEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(event: RouterEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async capture(filter: CaptureFilter): Promise<FrameTap | undefined> {
    this.filters.push(filter);
    return this.tap;
  }
}

export interface TestRouter extends RouterService {
  readonly plane: TestPlane;
}

/** The truths that the API works over. */
export const truths = ['in place', 'by reload'] as const;
export type TruthKind = (typeof truths)[number];

/** `in place`: the control side of a running router. `by reload`: one that lays down whole configurations. */
export function newTestRouter(kind: TruthKind = 'in place', yaml = routerYaml): TestRouter {
  if (kind === 'by reload') return newReloadingRouter(yaml);
  const truth = new RouterControl(readModel(yaml), { accounts: true });
  return {
    truth,
    plane: new TestPlane({
      get model() {
        return truth.configModel();
      },
      book: truth.book,
    }),
  };
}

function newReloadingRouter(yaml: string): TestRouter {
  const model = readModel(yaml);
  const router = {
    model,
    compiled: compileRouter(model),
    reload: async (next: RouterModel) => {
      router.compiled = compileRouter(next);
      router.model = next;
    },
  };
  return { truth: new ReloadingTruth(router), plane: new TestPlane(router) };
}

export interface LoggedLine {
  readonly level: string;
  readonly message: string;
}

/** A log that keeps what it is told. */
export function listLog(): Log & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const tell = (level: string) => (_: object, message: string) => void lines.push({ level, message });
  return { lines, debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') };
}
