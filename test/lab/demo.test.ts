// `npm start`: what it prints, where it writes, and that it works where it cannot write.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCapture } from '../../pcaps/run-lab.ts';
import { readPcapng } from '../e2e/support/captures.ts';
import { cli, scratch } from '../e2e/support/cli.ts';
import { pcapsPath, runDemo } from './support.ts';

const at = scratch();

test('it tells the stories, writes the captures and keeps its promises', () => {
  const place = at.path('plain');
  mkdirSync(place);
  const { status, out, err } = runDemo(place);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).toContain('[16002 tc 5 ttl 63][24201 tc 5 ttl 63] IPv4 10.1.0.10 → 10.2.0.20');
  expect(out).toMatch(/^ +2 {2}192\.0\.2\.9 +20 ms +\[16002 ttl 1\]\[24201 ttl 1\]$/m);
  expect(out).toMatch(/^✔ Checked: 144 packets/m);
  // No colours where nobody can see them.
  expect(out).not.toContain('\u001b');
  expect(readdirSync(`${place}/out/lab`).sort()).toEqual(['journey.pcapng', 'p', 'pe1', 'pe2']);
  expect(readdirSync(`${place}/out/lab/p`).sort()).toEqual([
    'drop.pcapng',
    'to-pe1.pcapng',
    'to-pe2a.pcapng',
    'to-pe2b.pcapng',
  ]);
});

test('the journey is in order of time, and every frame has a comment', async () => {
  const path = at.path('plain', 'out', 'lab', 'journey.pcapng');
  const { packets, interfaces } = readPcapng(readFileSync(path));
  expect(interfaces).toContain('p to-pe2a');
  expect(packets.every(({ comments }) => comments.length === 1)).toBe(true);
  const times = (await readCapture(path)).map(({ time }) => time);
  expect(times).toHaveLength(packets.length);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('a second run leaves the same bytes', () => {
  const journey = () => readFileSync(at.path('plain', 'out', 'lab', 'journey.pcapng'));
  const before = journey();
  expect(runDemo(at.path('plain')).status).toBe(0);
  expect(journey().equals(before)).toBe(true);
});

test('where out/ cannot be written, the temporary folder is used, and said to be', () => {
  const place = at.path('blocked');
  mkdirSync(place);
  writeFileSync(`${place}/out`, 'a file, no folder');
  const { status, out } = runDemo(place);
  expect(status).toBe(0);
  expect(out).toContain('out/lab cannot be written here');
  const written = /(\S+)\/journey\.pcapng/.exec(out)?.[1] ?? '';
  expect(readdirSync(written)).toContain('pe1');
  rmSync(written, { recursive: true });
});

test('the commands it proposes run', async () => {
  const place = at.path('plain');
  const { out } = runDemo(place);
  const commands = out.split('\n').flatMap((line) => /^ +npm run -s shimline -- (.*)$/.exec(line)?.[1] ?? []);
  expect(commands.length).toBeGreaterThan(2);
  for (const command of commands) {
    const argv = command.replaceAll('pcaps/', `${pcapsPath()}/`).replaceAll('=out/', `=${place}/out/`).split(' ');
    const { status, err, out: printed } = await cli(...argv);
    expect({ command, status, err }).toEqual({ command, status: 0, err: '' });
    expect(printed).not.toBe('');
  }
});
