// Damaged and hostile frames: each is dropped for the reason that pcaps/malformed.ts names, and no other.
import { describe, expect, test } from 'vitest';
import { coreSamples, customerSamples, snappedSamples } from '../../pcaps/malformed.ts';
import { cli } from '../e2e/support/cli.ts';
import { pcapsPath } from './support.ts';

const config = pcapsPath('lab', 'pe1.yaml');
const captureAt = (port: string, name: string): string[] => ['-i', `${port}=${pcapsPath('malformed', name)}`];

/** How each frame of a capture ended, in their order, frames made by the router left out. */
async function fates(port: string, name: string): Promise<{ status: number; err: string; ends: string[] }> {
  const { status, out, err } = await cli('trace', '-c', config, ...captureAt(port, name));
  const lines = out.split('\n').filter((line) => /^#\d+ \d/.test(line));
  return { status, err, ends: lines.map((line) => / dropped: (\S+)$/.exec(line)?.[1] ?? 'sent') };
}

describe.each([
  ['ce-red', 'customer.pcap', customerSamples()],
  ['core', 'core.pcap', coreSamples()],
  ['ce-red', 'snapped.pcap', snappedSamples()],
])('%s gets %s', (port, name, samples) => {
  test('every frame ends as it must', async () => {
    const { status, err, ends } = await fates(port, name);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(samples.map(({ says }, i) => `${says}: ${ends[i]}`)).toEqual(
      samples.map(({ says, fate }) => `${says}: ${fate}`),
    );
  });
});

test('a truncated file is read to where it is damaged, and said to be', async () => {
  const { status, err, ends } = await fates('core', 'truncated.pcap');
  expect(status).toBe(3);
  expect(err).toContain('truncated.pcap');
  expect(ends).toEqual(
    coreSamples()
      .slice(0, -1)
      .map(({ fate }) => fate),
  );
});
