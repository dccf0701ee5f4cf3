// The Internet checksum: over a header, and updated for one changed field.
import { checksum, updateChecksum } from '../../src/wire/checksum.ts';
import { createRandom } from '../random.ts';
import { type MicroSuite, runSuite } from './suite.ts';

const headers = 1024;
const headerBytes = 20;

export const checksumSuite: MicroSuite = {
  name: 'checksum',
  title: 'the Internet checksum over a header, and updated',
  run() {
    const random = createRandom(2);
    const bytes = Uint8Array.from({ length: headers * headerBytes }, () => random.below(256));
    const over = (): number => {
      let sum = 0;
      for (let at = 0; at < bytes.length; at += headerBytes) sum += checksum(bytes, at, headerBytes);
      return sum;
    };
    const fields = Uint16Array.from({ length: headers }, () => random.below(65_536));
    const update = (): number => {
      let check = 0;
      for (let i = 0; i < fields.length; i++) check = updateChecksum(check, fields[i], (fields[i] - 0x100) & 0xffff);
      return check;
    };
    return runSuite('checksum', [
      { name: 'over an IPv4 header', items: headers, unit: 'header', run: over },
      { name: 'updated for a changed field', items: headers, unit: 'field', run: update },
    ]);
  },
};
