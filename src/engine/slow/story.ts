// The explanation of one frame while it is being made: the slow path tells each decision as it takes it.
import type { Explanation } from '../output.ts';

/** What the tables' indexes are called. Control knows; the engine only asks when somebody wants an explanation. */
export interface Names {
  port(index: number): string;
  interface(index: number): string;
  /** `global` or `vrf red`. */
  table(index: number): string;
  /** The prefix of a route. */
  route(index: number): string;
  pseudowire(index: number): string;
  bridge(index: number): string;
}

export class Story {
  readonly names: Names;
  readonly frame: number;
  readonly steps: string[] = [];
  readonly interfaces = new Set<string>();
  readonly addresses = new Set<string>();
  readonly labels = new Set<number>();

  /** Labels pushed by the levels of a recursion so far, lowest first; told in one step. */
  readonly pushed: number[] = [];

  constructor(names: Names, frame: number) {
    this.names = names;
    this.frame = frame;
  }

  /** A story of its own for a copy of the frame, as far as it is told. */
  copy(): Story {
    const story = new Story(this.names, this.frame);
    story.steps.push(...this.steps);
    for (const name of this.interfaces) story.interfaces.add(name);
    for (const address of this.addresses) story.addresses.add(address);
    for (const label of this.labels) story.labels.add(label);
    return story;
  }

  step(text: string): void {
    this.steps.push(text);
  }

  /** Tells what has been pushed; `ttl` is that of the top entry. */
  tellPushes(ttl: number): void {
    if (this.pushed.length === 0) return;
    for (const label of this.pushed) this.labels.add(label);
    this.step(`push ${this.pushed.join(' ')}, ttl ${ttl}`);
    this.pushed.length = 0;
  }

  /** The explanation so far, with how it ended. */
  tell(made: boolean, ending?: string): Explanation {
    return {
      frame: this.frame,
      made,
      steps: ending === undefined ? [...this.steps] : [...this.steps, ending],
      interfaces: [...this.interfaces],
      addresses: [...this.addresses],
      labels: [...this.labels],
    };
  }
}
