// `shimline mac flush`: bridges of a running router forget what they have learned.
import type { CliIo } from '../terminal.ts';
import { ApiClient, type ClientOptions, queryOf } from './api-client.ts';
import { readFilters } from './words.ts';

/** `words` are filters, as those of `show macs`. */
export async function flushCommand(words: readonly string[], options: ClientOptions, io: CliIo): Promise<number> {
  const client = await ApiClient.open(options);
  const { flushed } = await client.json(`/macs/flush${queryOf(readFilters(words))}`, { method: 'POST' });
  io.out.write(options.json ? `${JSON.stringify({ flushed })}\n` : `${flushed} forgotten\n`);
  return 0;
}
