// `shimline trace`: every decision about every frame, through filters, without output files.
import type { InputBinding } from './options.ts';
import { reportEnd } from './report-end.ts';
import { runSession } from './session.ts';
import { type CliIo, LineBuffer } from './terminal.ts';
import { type TraceFilterOptions, traceFilter } from './trace-filter.ts';
import { formatFate } from './trace-line.ts';

export interface TraceCommandOptions extends TraceFilterOptions {
  readonly config: string;
  readonly input: readonly InputBinding[];
  readonly limit?: number;
  readonly long?: boolean;
}

export async function traceCommand(options: TraceCommandOptions, io: CliIo): Promise<number> {
  const lines = new LineBuffer(io.out);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  let shown = 0;
  const end = await runSession(
    {
      config: options.config,
      input: options.input,
      loop: 1,
      workers: 1,
      output: { place: undefined, format: 'pcap', drops: false, punts: false, comments: false },
      listen: (interfaceNames, nanoseconds) => {
        const passes = traceFilter(options, interfaceNames);
        return (fate) => {
          if (shown >= limit || !passes(fate)) return;
          shown++;
          lines.line(formatFate(fate, { long: options.long ?? false, nanoseconds }));
        };
      },
      enough: () => shown >= limit || io.out.closed,
    },
    io,
  ).finally(() => lines.flush());
  if (shown === 0 && end.summary.frames.in > 0) {
    io.err.write(`shimline: none of ${end.summary.frames.in} frames passed the filters\n`);
  }
  return reportEnd(end, io);
}
