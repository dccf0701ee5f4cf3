// `shimline run` without any right: captures are played in and written, and what leaves is what replay makes of them.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readPcap, writePcap } from './support/captures.ts';
import { cli, scratch } from './support/cli.ts';
import { blackholed, lost, pe1, toCore, toCustomer } from './support/pe1.ts';

const at = scratch();

/** The configuration with a device for each port. */
function withDevices(devices: Readonly<Record<string, string>>): string {
  return Object.entries(devices).reduce(
    (text, [port, device]) => text.replace(`  ${port}: {`, `  ${port}: {device: ${device}, `),
    pe1,
  );
}

const frames = Array.from({ length: 2000 }, (_, i) =>
  i % 50 === 0 ? lost : i % 50 === 1 ? blackholed : toCore(i & 127),
);

/** Frames of a capture, without what the router says of itself at start: its addresses. */
function forwarded(path: string): string[] {
  return readPcap(path)
    .records.map((frame) => Buffer.from(frame.bytes).toString('hex'))
    .filter((frame) => !frame.startsWith('ffffffffffff') && !frame.startsWith('3333'));
}

describe('run over captures', () => {
  test.each([1, 2])('sends what replay sends, %i workers', async (workers) => {
    const [ce1, core1] = [at.path('ce1.pcap'), at.path('core1.pcap')];
    writePcap(ce1, frames);
    writePcap(
      core1,
      Array.from({ length: 500 }, () => toCustomer),
    );
    const outs = { ce1: at.path(`run-ce1-${workers}.pcap`), core1: at.path(`run-core1-${workers}.pcap`) };
    const config = at.file(
      `run-${workers}.yaml`,
      withDevices({
        ce1: `{pcap: {in: ${ce1}, out: ${outs.ce1}}}`,
        ce2: `{pcap: {out: ${at.path('ce2.pcap')}}}`,
        core1: `{pcap: {in: ${core1}, out: ${outs.core1}}}`,
      }),
    );
    const options = ['--topspeed', '--until-played', '--json', '--workers', String(workers), '--log-level', 'error'];
    const run = await cli('run', '-c', config, ...options);
    expect(run.err).toBe('');
    expect(run.status).toBe(0);
    const summary = JSON.parse(run.out);
    expect(summary).toMatchObject({
      workers,
      interfaces: { ce1: { in: { frames: 2000 } }, core1: { in: { frames: 500 } } },
      drops: { 'no-route': 40, blackhole: 40 },
    });
    const { frames: sums } = summary;
    expect(sums.in + sums.made).toBe(sums.out + sums.punted + sums.dropped);

    const replayed = at.path(`replayed-${workers}`);
    const plain = at.file('pe1.yaml', pe1);
    const replay = await cli('replay', '-c', plain, '-i', `ce1=${ce1}`, '-i', `core1=${core1}`, '-o', replayed);
    expect(replay.status).toBe(0);
    expect(forwarded(outs.core1)).toEqual(forwarded(`${replayed}/core1.pcap`));
    // Answers to ce1's own frames and what comes from the backbone meet there, in the order of their times or as they come.
    expect(forwarded(outs.ce1).sort()).toEqual(forwarded(`${replayed}/ce1.pcap`).sort());
  });

  test('a constant rate, and an end after so long', async () => {
    const ce1 = at.path('few.pcap');
    writePcap(ce1, frames.slice(2, 12));
    const devices = { ce1: `{pcap: {in: ${ce1}, pps: 1000}}`, ce2: '{loopback: x}', core1: '{loopback: x}' };
    const config = at.file('rate.yaml', withDevices(devices));
    const { status, out, err } = await cli('run', '-c', config, '--duration', '1', '--json', '--log-level', 'error');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(JSON.parse(out).interfaces.ce1.in.frames).toBe(10);
  });

  test('a port without a device is an error that names the place, as is a capture that is not there', async () => {
    const bare = at.file('bare.yaml', withDevices({ ce1: '{loopback: x}', ce2: '{loopback: x}' }));
    const missing = await cli('run', '-c', bare);
    expect(missing.status).toBe(2);
    expect(missing.err).toMatch(/bare\.yaml:\d+:\d+ interfaces\.core1: .*device/);
    const devices = { ce1: `{pcap: ${at.path('nothing.pcap')}}`, ce2: '{loopback: x}', core1: '{loopback: x}' };
    const gone = await cli('run', '-c', at.file('gone.yaml', withDevices(devices)), '--log-level', 'error');
    expect(gone.status).toBe(1);
    expect(gone.err).toMatch(/nothing\.pcap: no such file/);
  });

  test('the text summary names drops with their sentences', async () => {
    const ce1 = at.path('drops.pcap');
    writePcap(ce1, [lost]);
    const devices = { ce1: `{pcap: ${ce1}}`, ce2: '{loopback: x}', core1: '{loopback: x}' };
    const config = at.file('text.yaml', withDevices(devices));
    const { out } = await cli('run', '-c', config, '--until-played', '--topspeed', '--log-level', 'error');
    expect(out).toContain('no-route');
    expect(out).toContain('The table has no route to the destination.');
    expect(readFileSync(config, 'utf8')).toContain('loopback');
  });
});
