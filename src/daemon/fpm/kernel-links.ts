// The interfaces of the namespaces that control ports are in, by the numbers that zebra calls them: kept up to date by the
// kernel's own messages.
import { type Link, type LinkChange, type LinkWatch, watchLinks } from '../../io/linux/links.ts';

export interface KernelLink extends Pick<Link, 'index' | 'name' | 'type' | 'vrfTable'> {
  /** undefined: the namespace of the run. */
  readonly netns: string | undefined;
}

export interface KernelLinks {
  /** Those with this number: one at most in each namespace. */
  withIndex(index: number): readonly KernelLink[];
  /** Counts changes. */
  readonly version: number;
  /** Reads what the kernel has said up to now. */
  poll(): void;
  close(): void;
}

function isSame(a: Link, b: Link): boolean {
  return a.name === b.name && a.type === b.type && a.vrfTable === b.vrfTable;
}

const none: readonly KernelLink[] = [];

/** Throws ShimlineError IO for a namespace that cannot be entered. */
export function watchKernelLinks(namespaces: readonly (string | undefined)[]): KernelLinks {
  const watches: { readonly netns: string | undefined; readonly watch: LinkWatch }[] = [];
  let byIndex: Map<number, KernelLink[]> | undefined;
  let version = 0;
  const changed = (change: LinkChange) => {
    // Carriers come and go without a change of what is what.
    if (change.kind === 'changed' && isSame(change.link, change.before)) return;
    byIndex = undefined;
    version++;
  };
  const close = () => {
    for (const { watch } of watches) watch.close();
  };
  try {
    for (const netns of namespaces) watches.push({ netns, watch: watchLinks(changed, { netns, place: 'fpm.netns' }) });
  } catch (error) {
    close();
    throw error;
  }
  const read = () => {
    const all = new Map<number, KernelLink[]>();
    for (const { netns, watch } of watches) {
      for (const { index, name, type, vrfTable } of watch.links().values()) {
        const link = { index, name, type, vrfTable, netns };
        const others = all.get(index);
        if (others === undefined) all.set(index, [link]);
        else others.push(link);
      }
    }
    return all;
  };
  return {
    withIndex(index) {
      byIndex ??= read();
      return byIndex.get(index) ?? none;
    },
    get version() {
      return version;
    },
    poll() {
      for (const { watch } of watches) watch.poll();
    },
    close,
  };
}
