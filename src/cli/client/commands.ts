// The client commands of the command line: what asks or changes a running router, over its control API. Their modules are read
// when they are called.
import { type Command, Option } from 'commander';
import { positiveCount, positiveNumber } from '../options.ts';
import type { CliIo } from '../terminal.ts';
import type { ClientOptions } from './api-client.ts';
import type { ChangeOptions, Operation } from './change.ts';
import type { ShowOptions } from './show.ts';
import type { TopOptions } from './top.ts';
import type { CaptureOptions, EventsOptions } from './watch.ts';

/** Runs a command with its options and remembers the exit status. */
type Action = <Options>(run: (options: Options, io: CliIo) => Promise<number>, options: Options) => Promise<void>;

function client(command: Command): Command {
  return command
    .addOption(new Option('--api <where>', 'the router: unix:PATH or tcp:HOST:PORT (default: the one that runs here)'))
    .option('--token-file <file>', 'the token for a TCP port (default: SHIMLINE_TOKEN)')
    .option('--json', 'print JSON');
}

function changing(command: Command): Command {
  return client(command)
    .option('--source <name>', 'who the entry belongs to (default: api)')
    .option('--if-version <n>', 'only if the configuration still has this version', positiveCount);
}

/** How `route`, `label` and `neighbor` differ. */
const entries = {
  route: {
    run: async () => (await import('./change.ts')).routeCommand,
    key: '<prefix>',
    what: 'a route: PREFIX [vrf NAME] and its path, such as via 192.0.2.2 labels 24012',
  },
  label: {
    run: async () => (await import('./change.ts')).labelCommand,
    key: '<label>',
    what: 'an entry of the incoming label map: LABEL and its path, such as table red',
  },
  neighbor: {
    run: async () => (await import('./change.ts')).neighborCommand,
    key: '<interface>',
    what: 'a static neighbour: INTERFACE ADDRESS MAC',
  },
} as const;

function addEntry(program: Command, name: keyof typeof entries, action: Action): void {
  const { run, key, what } = entries[name];
  const command = program.command(name).description(`add, replace or delete ${what}`);
  for (const operation of ['add', 'replace', 'del'] as const satisfies Operation[]) {
    changing(command.command(`${operation} ${key} [words...]`)).action(
      (first: string, words: string[], options: ChangeOptions) =>
        action(async (given: ChangeOptions, io) => (await run())(operation, [first, ...words], given, io), options),
    );
  }
}

function addWatching(program: Command, action: Action): void {
  client(program.command('top'))
    .description('live rates of a running router')
    .option('--once', 'print one frame and end')
    .option('--interval <seconds>', 'between two readings', positiveNumber, 1)
    .action((options) =>
      action(async (given: TopOptions, io) => (await import('./top.ts')).topCommand(given, io), options),
    );
  client(program.command('events'))
    .description('what happens to a running router, one line each')
    .option('--kinds <list>', 'only these: change,port,neighbor,played,drops')
    .option('--drops <n>', 'frames a second of one reason that are worth a line', positiveCount)
    .option('--limit <n>', 'end after so many', positiveCount)
    .action((options) =>
      action(async (given: EventsOptions, io) => (await import('./watch.ts')).eventsCommand(given, io), options),
    );
  client(program.command('capture'))
    .description('frames of a running router as a pcapng')
    .requiredOption('-o, --output <file>', 'where to; - is standard output')
    .option('--kinds <list>', 'received,sent,dropped,punted (default: the first three)')
    .option('--interface <list>', 'only these ports')
    .option('--address <prefix>', 'only packets from or to this address or prefix')
    .option('--label <n>', 'only packets with this label')
    .option('--reason <name>', 'only frames dropped or punted for this reason')
    .option('--limit <n>', 'end after so many frames (default: 1000)', positiveCount)
    .option('--seconds <n>', 'end after so long (default: 60)', positiveNumber)
    .option('--snap <bytes>', 'keep so much of a frame', positiveCount)
    .action((options) =>
      action(async (given: CaptureOptions, io) => (await import('./watch.ts')).captureCommand(given, io), options),
    );
}

export function addClientCommands(program: Command, action: Action): void {
  client(program.command('show <what> [filters...]'))
    .description(
      'tables of a running router: interfaces, vrfs, routes, labels …, counters; route ADDRESS explains a look-up',
    )
    .option('--limit <n>', 'at most so many rows', positiveCount)
    .action((what: string, words: string[], options: ShowOptions) =>
      action(
        async (given: ShowOptions, io) => (await import('./show.ts')).showCommand(what, words, given, io),
        options,
      ),
    );
  changing(program.command('apply <file>'))
    .description('have a running router take over a configuration')
    .action((file: string, options: ChangeOptions) =>
      action(async (given: ChangeOptions, io) => (await import('./change.ts')).applyCommand(file, given, io), options),
    );
  client(program.command('mac').description('what bridges have learned').command('flush [filters...]'))
    .description('forget MAC addresses: of a bridge, behind an interface or pseudowire, or all of them')
    .action((words: string[], options: ClientOptions) =>
      action(async (given: ClientOptions, io) => (await import('./flush.ts')).flushCommand(words, given, io), options),
    );
  for (const name of Object.keys(entries) as (keyof typeof entries)[]) addEntry(program, name, action);
  addWatching(program, action);
}
