// Bytes gone wrong at random: whatever comes in, a reader ends, and with an error of ours at most.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import * as f from './fixtures.ts';

const dir = f.scratch();
afterAll(dir.remove);

const blocks = [
  f.section(),
  f.description([[9, [9]]]),
  f.enhanced(0, 1n, f.frameBytes(61), true, 61, [[2, [0x80, 0, 0, 0]]]),
  f.block(99, f.frameBytes(8)),
  f.section(false),
  f.description([[14, f.frameBytes(8)]], false),
  f.simple(f.frameBytes(14), false),
  f.obsolete(0, 1n, f.frameBytes(3), false),
];
const captures: Record<string, Uint8Array> = {
  pcap: f.pcap(
    [3, 0, 300, 60].map((length) => ({ bytes: f.frameBytes(length), original: 100 })),
    false,
  ),
  pcapng: Uint8Array.from(blocks.flat()),
};
captures.gzip = gzipSync(captures.pcapng);

for (const [format, sound] of Object.entries(captures)) {
  it(`${format} with wrong bytes ends`, async () => {
    const change = fc.tuple(fc.nat(sound.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Uint8Array.from(sound);
        for (const [at, value] of changes) bytes[at] = value;
        const { frames, error } = await f.play([dir.file('wrong', bytes)]);
        expect(frames.length).toBeLessThan(20);
        if (error !== undefined) expect(error.code).toBe('DAMAGED');
      }),
      { numRuns: 500 },
    );
  });
}
