// Commands that watch a running router until they are stopped: its events, and captures of its frames.
import { createInterface } from 'node:readline';
import { OutputFile } from '../../io/output-file.ts';
import type { CliIo } from '../terminal.ts';
import { ApiClient, type ClientOptions, queryOf } from './api-client.ts';

export interface EventsOptions extends ClientOptions {
  readonly kinds?: string;
  readonly drops?: number;
  readonly limit?: number;
}

function eventText(kind: string, data: string): string {
  const fields = Object.entries(JSON.parse(data) as Record<string, unknown>);
  return `${kind} ${fields.map(([name, value]) => `${name}=${value}`).join(' ')}`;
}

export async function eventsCommand(options: EventsOptions, io: CliIo): Promise<number> {
  const client = await ApiClient.open(options);
  const { kinds, drops, limit = Number.POSITIVE_INFINITY } = options;
  const stream = await client.stream(`/events${queryOf({ kinds, drops })}`, { signal: io.signal });
  let kind = '';
  let told = 0;
  try {
    for await (const line of createInterface({ input: stream })) {
      if (line.startsWith('event: ')) kind = line.slice('event: '.length);
      if (!line.startsWith('data: ')) continue;
      const data = line.slice('data: '.length);
      io.out.write(options.json ? `{"event":"${kind}",${data.slice(1)}\n` : `${eventText(kind, data)}\n`);
      if (++told >= limit || io.out.closed) break;
    }
  } catch (error) {
    if (!io.signal.aborted) throw error;
  }
  stream.destroy();
  return 0;
}

export interface CaptureOptions extends ClientOptions {
  readonly output: string;
  readonly kinds?: string;
  readonly interface?: string;
  readonly address?: string;
  readonly label?: string;
  readonly reason?: string;
  readonly limit?: number;
  readonly seconds?: number;
  readonly snap?: number;
}

export async function captureCommand(options: CaptureOptions, io: CliIo): Promise<number> {
  const client = await ApiClient.open(options);
  const { kinds, interface: on, address, label, reason, limit, seconds, snap } = options;
  const query = queryOf({ kinds, interface: on, address, label, reason, limit, seconds, snap });
  const stream = await client.stream(`/capture${query}`, { method: 'POST', signal: io.signal });
  const file = new OutputFile(options.output);
  let bytes = 0;
  try {
    for await (const part of stream as AsyncIterable<Buffer>) {
      file.write(part, 0, part.length);
      bytes += part.length;
    }
  } catch (error) {
    // Stopped: what has come is whole, for the router sends whole blocks.
    if (!io.signal.aborted) throw error;
  } finally {
    file.close();
  }
  if (options.json) io.err.write(`${JSON.stringify({ bytes })}\n`);
  return 0;
}
