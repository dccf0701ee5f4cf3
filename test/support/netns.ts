// Network namespaces of a test's own, for tests of what talks to the kernel: made, used from outside, removed. Unlike a
// lab they hold nothing but what the test puts there.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { projectRoot } from '../house/files.ts';

export interface TestNamespace {
  readonly name: string;
  /** `ip -n NAME …`, the words of a line; answers what it prints. */
  ip(line: string): string;
  /** Runs a command inside; answers what it prints. */
  run(command: string, ...words: string[]): string;
  remove(): void;
}

function output(command: string, words: readonly string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, { encoding: 'utf8', timeout: 60_000, input });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

let made = 0;

export function makeNamespace(purpose: string): TestNamespace {
  const name = `shim-${purpose}-${process.pid}-${made++}`;
  output('ip', ['netns', 'add', name]);
  return {
    name,
    ip: (line) => output('ip', ['-n', name, ...line.split(' ')]),
    run: (command, ...words) => output('ip', ['netns', 'exec', name, command, ...words]),
    remove: () => {
      spawnSync('ip', ['netns', 'del', name]);
    },
  };
}

/** Many `ip` commands at once, a line each. */
export function ipBatch(namespace: string, lines: readonly string[]): void {
  output('ip', ['-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`);
}

function canMakeNamespaces(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    const namespace = makeNamespace('probe');
    try {
      namespace.ip('link add probe type veth peer name probe1');
      return true;
    } finally {
      namespace.remove();
    }
  } catch {
    return false;
  }
}

/** Whether tests may make namespaces here, and links in them. */
export const hasNamespaces = canMakeNamespaces();

/** A title for tests that need them: it says so where they are skipped. */
export const netnsTitle = (title: string): string =>
  hasNamespaces ? title : `${title} (no right to make network namespaces: skipped)`;

/** Whether rights can be taken away from a child. */
export const hasSetpriv = hasNamespaces && spawnSync('setpriv', ['--version']).status === 0;

/** Node with TypeScript, running `code`, which imports our modules by paths from the root of the project. */
function scriptWords(code: string): string[] {
  return [process.execPath, '--import', 'tsx', '--input-type=module', '-e', code];
}

/** Runs `code` without some capabilities (`sys_admin`), optionally inside a namespace; answers what it prints. */
export function runWithout(capabilities: readonly string[], code: string, namespace?: string): string {
  const inside = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace];
  const dropped = `--bounding-set=${capabilities.map((each) => `-${each}`).join(',')}`;
  const [command = '', ...words] = [...inside, 'setpriv', dropped, ...scriptWords(code)];
  const options = { encoding: 'utf8', timeout: 60_000, cwd: projectRoot } as const;
  const { status, stdout, stderr } = spawnSync(command, words, options);
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** Starts `code` and answers the child once it has printed its first text. */
export async function startScript(code: string): Promise<ChildProcess> {
  const [command = '', ...words] = scriptWords(code);
  const child = spawn(command, words, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error('the script ended before it said anything')));
  });
  return child;
}

/** Waits, with the event loop running, until the condition holds; the test fails when it never does. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (let round = 0; !condition(); round++) {
    if (round === 2000) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What a call threw, as text. */
export function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
}
