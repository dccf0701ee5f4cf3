// Control ports of a running router: opened, closed and replaced as the configuration says.
import type { RouterModel } from '../control/model.ts';
import type { LiveRouter } from '../workers/live/live-router.ts';
import { controlPortOf } from './live-model.ts';
import type { Log } from './log.ts';

export class ControlPorts {
  readonly #router: LiveRouter;
  readonly #log: Log;
  /** What is open, as text to compare by, by interface. */
  readonly #open = new Map<string, string>();

  constructor(router: LiveRouter, log: Log) {
    this.#router = router;
    this.#log = log;
  }

  /** Brings them to what the model says. Throws ShimlineError for one that cannot be opened. */
  async follow(model: RouterModel): Promise<void> {
    const wanted = new Map(model.interfaces.map((entry) => [entry.name, controlPortOf(model, entry)]));
    for (const [name, before] of [...this.#open]) {
      if (JSON.stringify(wanted.get(name)) === before) continue;
      await this.#router.closeControl(name);
      this.#open.delete(name);
    }
    for (const [name, spec] of wanted) {
      if (spec === undefined || this.#open.has(name)) continue;
      await this.#router.openControl(name, spec);
      this.#open.set(name, JSON.stringify(spec));
      this.#log.info({ interface: name, netns: spec.netns, tap: spec.name }, 'control port is open');
    }
  }
}
