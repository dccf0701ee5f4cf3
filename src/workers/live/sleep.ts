// How a forwarding thread rests: in poll, until one of its descriptors is readable or somebody writes to its event
// descriptor; where there is no C library to call (captures only), on a word of shared memory.
import { Waiter, wake as wakeDescriptor } from '../../io/linux/waiter.ts';
import type { ThreadBoard } from './thread-board.ts';

export interface Sleep {
  /** A descriptor that ends the rest when it becomes readable; -1 is none. */
  watch(descriptor: number): void;
  ignore(descriptor: number): void;
  rest(milliseconds: number): void;
  /** Ends the rest of another thread, if it rests. */
  wake(thread: number): void;
  close(): void;
}

/** Ends the rest of a thread, from any other. */
export function wakeThread(board: ThreadBoard, thread: number): void {
  const descriptor = board.sleeper(thread);
  if (descriptor >= 0) wakeDescriptor(descriptor);
  else board.notify(thread);
}

export function openSleep(board: ThreadBoard, thread: number): Sleep {
  const waiter = tryWaiter();
  if (waiter === undefined) {
    return {
      watch: () => {},
      ignore: () => {},
      rest: (milliseconds) => board.waitFor(thread, milliseconds),
      wake: (other) => wakeThread(board, other),
      close: () => {},
    };
  }
  board.setWake(thread, waiter.wakeDescriptor);
  const watched = new Set<number>();
  return {
    watch: (descriptor) => {
      watched.add(descriptor);
      waiter.setDescriptors([...watched]);
    },
    ignore: (descriptor) => {
      watched.delete(descriptor);
      waiter.setDescriptors([...watched]);
    },
    rest: (milliseconds) => void waiter.wait(Math.ceil(milliseconds)),
    wake: (other) => wakeThread(board, other),
    close: () => {
      board.setWake(thread, -1);
      waiter.close();
    },
  };
}

function tryWaiter(): Waiter | undefined {
  try {
    return new Waiter();
  } catch {
    // No C library at hand: nothing here has a descriptor then.
    return undefined;
  }
}
