// The command line itself: which commands and options there are, and what becomes of an error. A command's own modules are
// read when it is called: the router is large, and `--help` is not.
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { captureFormats } from '../io/output-directory.ts';
import type { CheckOptions } from './check.ts';
import { addClientCommands } from './client/commands.ts';
import type { DoctorOptions } from './doctor.ts';
import { reportError } from './errors.ts';
import type { RunCommandOptions } from './live.ts';
import { logOptions } from './log-options.ts';
import { inputBinding, positiveCount, positiveNumber, watchOutputOptions, workerCount } from './options.ts';
import type { ReplayCommandOptions } from './replay.ts';
import type { CliIo } from './terminal.ts';
import type { TraceCommandOptions } from './trace.ts';

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function configOption(): Option {
  return new Option('-c, --config <file>', 'the router, as a YAML or JSON file').makeOptionMandatory();
}

function inputOption(): Option {
  return new Option('-i, --input <name=file>', 'frames that arrive at a port: pcap, pcapng, gzip or zstd; repeatable')
    .argParser(inputBinding)
    .makeOptionMandatory();
}

function addReplay(program: Command, action: Action): void {
  const command = program
    .command('replay')
    .description('capture files in, one capture file per egress port out')
    .addOption(configOption())
    .addOption(inputOption())
    .option('-o, --output <dir>', 'directory of the captures written; - is one pcapng on standard output')
    .option('--no-output', 'write no captures')
    .option('--workers <n>', 'how many threads forward', workerCount, 1)
    .addOption(new Option('--format <format>', 'of the captures written (default: pcap)').choices(captureFormats))
    .option('--no-comments', 'pcapng without an explanation in each packet: much faster')
    .option('--drops', 'keep dropped frames too, as drop.pcap')
    .option('--punts', 'keep frames for the router itself too, as punt.pcap')
    .option('--trace', 'print every decision about every frame')
    .option('--json', 'print the summary as one JSON object')
    .option('--loop <n>', 'go through the inputs so many times', positiveCount, 1);
  const assertOneOutput = watchOutputOptions(command);
  command.action((options) => {
    assertOneOutput();
    return action(
      async (given: ReplayCommandOptions, on) => (await import('./replay.ts')).replayCommand(given, on),
      options,
    );
  });
}

function addRun(program: Command, action: Action): void {
  const command = program
    .command('run')
    .description('forward between live interfaces until SIGINT or SIGTERM; SIGHUP reads the configuration again')
    .addOption(configOption())
    .option('--workers <n>', 'how many threads forward', workerCount, 1)
    .option('--json', 'print the summary as one JSON object')
    .option('--duration <seconds>', 'stop after so long', positiveNumber)
    .option('--until-played', 'stop when every capture (device pcap) has been played')
    .option('--speed <factor>', 'play captures so many times as fast as they were recorded', positiveNumber)
    .option('--pps <n>', 'play captures at so many frames a second', positiveNumber)
    .option('--topspeed', 'play captures as fast as they are taken')
    .option('--api <where>', 'control API: unix:PATH, tcp:HOST:PORT or none (default: a socket named after the router)')
    .option('--token-file <file>', 'the token that a TCP port asks for (default: SHIMLINE_TOKEN)')
    .option(
      '--state <file>',
      'keeps labels over restarts, or none (default: SHIMLINE_STATE, or named after the router)',
    );
  for (const option of logOptions()) command.addOption(option);
  command.action((options) =>
    action(async (given: RunCommandOptions, on) => (await import('./live.ts')).runCommand(given, on), options),
  );
}

function addTrace(program: Command, action: Action): void {
  program
    .command('trace')
    .description('one frame at a time, every decision')
    .addOption(configOption())
    .addOption(inputOption())
    .option('--interface <name>', 'only frames that met this port or sub-interface')
    .option('--address <prefix>', 'only frames that met an address in this prefix')
    .option('--label <n>', 'only frames that met this label')
    .option('--reason <name>', 'only frames dropped or punted for this reason')
    .option('--limit <n>', 'stop after so many frames shown', positiveCount)
    .option('--long', 'one decision a line')
    .action((options) =>
      action(async (given: TraceCommandOptions, on) => (await import('./trace.ts')).traceCommand(given, on), options),
    );
}

function addCheck(program: Command, action: Action): void {
  program
    .command('check')
    .description('validate a configuration and print what it would build')
    .addOption(configOption())
    .option('--json', 'print one JSON object')
    .action((options) =>
      action(async (given: CheckOptions, on) => (await import('./check.ts')).check(given, on), options),
    );
}

function addDoctor(program: Command, action: Action): void {
  program
    .command('doctor')
    .description('what would make a live run fail or mislead, and the command that mends it')
    .addOption(configOption())
    .option('--json', 'print one JSON array')
    .action((options) =>
      action(async (given: DoctorOptions, on) => (await import('./doctor.ts')).doctor(given, on), options),
    );
}

/** Runs a command with its options and remembers the exit status. */
type Action = <Options>(run: (options: Options, io: CliIo) => Promise<number>, options: Options) => Promise<void>;

function buildProgram(io: CliIo, action: Action): Command {
  const program = new Command('shimline')
    .description('The data plane of an MPLS VPN provider-edge router.')
    .version(version())
    .showHelpAfterError('(shimline --help lists the commands, shimline COMMAND --help their options)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => io.err.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'shimline: ')),
    });
  addReplay(program, action);
  addRun(program, action);
  addTrace(program, action);
  addCheck(program, action);
  addDoctor(program, action);
  addClientCommands(program, action);
  program
    .command('schema')
    .description('print the JSON Schema of the configuration')
    .action(() => action(async (given: object, on) => (await import('./schema.ts')).schema(given, on), {}));
  return program;
}

/** Runs one command line, without the program's own name, and answers the exit status. Never throws. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let status = 0;
  const program = buildProgram(io, async (run, options) => {
    status = await run(options, io);
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    return reportError(error, io);
  }
  return status;
}
