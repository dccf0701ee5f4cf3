// `shimline replay`: capture files in, one capture file per egress port out, and a summary.
import { usageError } from './errors.ts';
import { type InputBinding, type OutputOptions, outputChoice } from './options.ts';
import { reportEnd } from './report-end.ts';
import { runSession } from './session.ts';
import { formatSummary } from './summary-text.ts';
import { type CliIo, LineBuffer } from './terminal.ts';
import { formatFate } from './trace-line.ts';

export interface ReplayCommandOptions extends OutputOptions {
  readonly config: string;
  readonly input: readonly InputBinding[];
  readonly loop: number;
  readonly workers: number;
  readonly trace?: boolean;
  readonly json?: boolean;
}

export async function replayCommand(options: ReplayCommandOptions, io: CliIo): Promise<number> {
  const output = outputChoice(options);
  if (output.place === '-' && io.out.isTerminal) {
    throw usageError('standard output is a terminal: send the capture of -o - to a file or into another program');
  }
  const results = output.place === '-' ? io.err : io.out;
  // A trace would spoil a capture or a JSON object on standard output.
  const lines = new LineBuffer(options.json || output.place === '-' ? io.err : io.out);
  const end = await runSession(
    {
      config: options.config,
      input: options.input,
      loop: options.loop,
      workers: options.workers,
      output,
      listen: options.trace
        ? (_, nanoseconds) => (fate) => lines.line(formatFate(fate, { long: false, nanoseconds }))
        : undefined,
      enough: () => false,
    },
    io,
  ).finally(() => lines.flush());
  results.write(options.json ? `${JSON.stringify(end.summary, null, 2)}\n` : formatSummary(end.summary, results));
  return reportEnd(end, io);
}
