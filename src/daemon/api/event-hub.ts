// What happens to the router, for all who watch: changes of the truth, ports, neighbours, and drops that come faster than
// a watcher wants to bear. Nothing is asked of the router while nobody watches.
import type { Changed } from './bulk.ts';
import type { RouterService } from './service.ts';

export const eventKinds = ['change', 'port', 'neighbor', 'played', 'drops'] as const;
export type EventKind = (typeof eventKinds)[number];

export interface HubEvent {
  readonly kind: EventKind;
  readonly data: object;
}

export interface Watcher {
  /** Frames a second for one reason from which on it is told. */
  readonly dropsPerSecond: number;
  tell(event: HubEvent): void;
  /** Called now and then, so that both ends know that the other is there. */
  beat(): void;
}

const lookMilliseconds = 1000;
const beatLooks = 15;

export class EventHub {
  readonly #service: RouterService;
  readonly #watchers = new Set<Watcher>();
  readonly #stopWatching: () => void;
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;
  #version: number;
  #drops: Readonly<Record<string, number>> = {};
  #lookedAt = 0;

  constructor(service: RouterService) {
    this.#service = service;
    this.#version = service.truth.version;
    this.#stopWatching = service.plane.watch(({ kind, ...data }) => this.#tell({ kind, data }));
  }

  get watching(): number {
    return this.#watchers.size;
  }

  add(watcher: Watcher): () => void {
    if (this.#timer === undefined) this.#begin();
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#pause();
    };
  }

  /** A change that was made over the API. */
  changed(change: Changed): void {
    this.#version = change.version;
    this.#tell({ kind: 'change', data: change });
  }

  close(): void {
    this.#pause();
    this.#stopWatching();
    this.#watchers.clear();
  }

  #begin(): void {
    this.#version = this.#service.truth.version;
    this.#drops = this.#service.plane.summary().drops;
    this.#lookedAt = performance.now();
    this.#timer = setInterval(() => this.#look(), lookMilliseconds).unref();
  }

  #pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const { truth } = this.#service;
    // Whoever else has changed the router, a signal or a routing adapter.
    if (truth.version !== this.#version) {
      this.#version = truth.version;
      this.#tell({ kind: 'change', data: { version: truth.version } });
    }
    this.#lookAtDrops();
    if (++this.#looks % beatLooks === 0) for (const watcher of this.#watchers) watcher.beat();
  }

  #lookAtDrops(): void {
    const { drops } = this.#service.plane.summary();
    const now = performance.now();
    const seconds = (now - this.#lookedAt) / 1000;
    for (const [reason, total] of Object.entries(drops)) {
      const frames = total - (this.#drops[reason] ?? 0);
      if (frames <= 0) continue;
      const perSecond = Math.round(frames / seconds);
      for (const watcher of this.#watchers) {
        if (perSecond < watcher.dropsPerSecond) continue;
        watcher.tell({ kind: 'drops', data: { reason, frames, perSecond, total } });
      }
    }
    this.#drops = drops;
    this.#lookedAt = now;
  }

  #tell(event: HubEvent): void {
    for (const watcher of this.#watchers) watcher.tell(event);
  }
}
