// An Ethernet pseudowire with control word as somebody else's routers sent it: one frame, labels 18 and 16, a VLAN tag
// inside. What comes out of it here is cut out of the capture by its offsets, and goes back in.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readPcap, writePcap } from './support/captures.ts';
import { cli, scratch } from './support/cli.ts';

const folder = fileURLToPath(new URL('../../../shared/pcaps/', import.meta.url));
const capture = join(folder, 'pcapplusplus-mpls.pcap');
const hasCapture = existsSync(capture);
const title = `a pseudowire of others${hasCapture ? '' : ' (skipped: no captures of others here)'}`;

/** Ethernet header, two labels; behind them control word and frame. */
const controlAt = 14 + 2 * 4;
const frameAt = controlAt + 4;
const [tagType, priority, vid] = [12, 14, 15];

const config = (circuit: string, pseudowire: string): string => `
router: {id: 192.0.2.1}
interfaces:
  core1: {mac: cc:04:04:dc:00:10, mpls: true, addresses: [10.0.12.1/30]}
  ce1: {}
  ${circuit}
neighbors: [{interface: core1, address: 10.0.12.2, mac: cc:03:04:dc:00:10}]
routes: [{prefix: 192.0.2.2/32, via: 10.0.12.2, labels: [18]}]
labels: [{label: 18, pop: true}]
pseudowires: {theirs: {peer: 192.0.2.2, localLabel: 16, remoteLabel: 16, ${pseudowire}}}
xconnects: [[${circuit.split(':')[0] || 'ce1'}, {pseudowire: theirs}]]
`;

describe.skipIf(!hasCapture)(title, () => {
  const files = scratch();
  const original = () => (readPcap(capture).records[1]?.bytes ?? []) as number[];
  const inner = () => original().slice(frameAt);

  /** What leaves by a port when the capture of a port has been replayed. */
  async function replay(yaml: string, input: string, port: string): Promise<number[][]> {
    const out = files.path('out');
    const { status, err } = await cli('replay', '-c', files.file('pe.yaml', yaml), '-i', input, '-o', out);
    expect({ status, err }).toEqual({ status: 0, err: expect.any(String) });
    const file = join(out, `${port}.pcap`);
    return existsSync(file) ? readPcap(file).records.map(({ bytes }) => [...bytes]) : [];
  }

  test('raw: the frame comes out as it was sent, tag included', async () => {
    expect(inner().slice(tagType, tagType + 2)).toEqual([0x81, 0x00]);
    const raw = config('', 'controlWord: true');
    expect(await replay(raw, `core1=${capture}`, 'ce1')).toEqual([inner()]);
    writePcap(files.path('ce1.pcap'), [inner()]);
    const [back = []] = await replay(raw, `ce1=${files.path('ce1.pcap')}`, 'core1');
    expect(back.slice(controlAt)).toEqual(original().slice(controlAt));
    expect(back.slice(14, 17)).toEqual(original().slice(14, 17));
    expect(back.slice(18, controlAt)).toEqual(original().slice(18, controlAt));
  });

  test('tagged: the service tag becomes that of the circuit', async () => {
    const tagged = config('ce1.7: {vlan: 7}', 'type: ethernet-vlan');
    const expected = inner();
    expected[priority] = (expected[priority] as number) & 0xf0;
    expected[vid] = 7;
    expect(await replay(tagged, `core1=${capture}`, 'ce1')).toEqual([expected]);
  });

  test('without a control word by configuration nothing is guessed: its bytes are the frame’s', async () => {
    expect(await replay(config('', 'controlWord: false'), `core1=${capture}`, 'ce1')).toEqual([
      original().slice(controlAt),
    ]);
  });
});
