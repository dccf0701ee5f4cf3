// Makes a failing case small: first a single frame, then fewer events, then a smaller configuration.
import type { RouterModel } from '../../src/control/model.ts';
import { type DrawnConfig, readConfig, yamlOf } from './config.ts';
import { Contest, type Event, play } from './contest.ts';
import { hexOf } from './frame.ts';

/** Replays that one search may cost; each compiles three routers. */
const replaysMax = 600;

function outcome(model: RouterModel, events: readonly Event[]): string | undefined {
  const contest = new Contest(model);
  const wrong = play(contest, events);
  contest.close();
  return wrong;
}

/** The smallest list that still fails that leaving out pieces finds, the large pieces first. */
function fewest<T>(list: readonly T[], fails: (list: readonly T[]) => boolean): readonly T[] {
  let left = list;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < left.length; ) {
      const without = [...left.slice(0, from), ...left.slice(from + size)];
      if (fails(without)) left = without;
      else from += size;
    }
  }
  return left;
}

function single(model: RouterModel, events: readonly Event[]): readonly Event[] | undefined {
  const last = events.slice(-256).toReversed();
  const found = last.find((event) => event.kind === 'frame' && outcome(model, [event]) !== undefined);
  return found === undefined ? undefined : [found];
}

/** The configuration without the routes, labels and neighbours that do not matter. */
function smaller(config: DrawnConfig, events: readonly Event[], budget: { left: number }): DrawnConfig {
  let best = config;
  for (const section of ['routes', 'labels', 'neighbors'] as const) {
    const fails = (list: DrawnConfig['routes']) => {
      if (budget.left-- <= 0) return false;
      try {
        return outcome(readConfig({ ...best, [section]: list }, false), events) !== undefined;
      } catch {
        return false;
      }
    };
    best = { ...best, [section]: fewest(best[section], fails) };
  }
  return best;
}

function tell(event: Event, ports: readonly string[]): string {
  if (event.kind === 'turn') return `  ${event.of} ${event.index} ${event.up ? 'up' : 'down'}`;
  const { port, bytes, original, seconds, nanoseconds } = event.frame;
  const time = `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
  const snapped = original === bytes.length ? '' : ` original ${original}`;
  return `  ${event.opensBatch ? 'new batch: ' : ''}${ports[port]} at ${time}${snapped}: ${hexOf(bytes)}`;
}

/** Everything that somebody needs to see the failure again. */
export function reproduction(seed: number, config: DrawnConfig, events: readonly Event[]): string {
  const budget = { left: replaysMax };
  const model = readConfig(config, false);
  const fails = (list: readonly Event[]) => budget.left-- > 0 && outcome(model, list) !== undefined;
  const few = single(model, events) ?? fewest(events, fails);
  const small = smaller(config, few, budget);
  const smallModel = readConfig(small, false);
  const ports = smallModel.interfaces.filter((each) => each.name === each.port).map((each) => each.name);
  const shown = few.slice(-40).map((event) => tell(event, ports));
  return [
    `seed ${seed}`,
    yamlOf(small),
    `events (${few.length}${few.length > 40 ? ', the last 40' : ''}):`,
    ...shown,
    outcome(smallModel, few) ?? 'does not fail again when replayed alone',
  ].join('\n');
}
