// The policy of VRFs and the gobgp section: what is read, what is refused and where, and the way back to the file.
import { expect, test } from 'vitest';
import { parsePrefix } from '../../wire/address.ts';
import { configOf } from '../live/to-config.ts';
import { parseConfig } from './parse.ts';
import { ConfigError } from './problems.ts';
import { passes } from './vpn-policy.ts';

function problemsOf(yaml: string): string[] {
  try {
    parseConfig(yaml, 'x.yaml');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

const whole = `
router: {id: 192.0.2.1}
gobgp: {address: "unix:/run/gobgp.sock", staleSeconds: 9}
vrfs:
  red:
    rd: "65000:101"
    import: {targets: ["65000:1"], prefixes: [{deny: 10.9.0.0/16, le: 32}, {permit: 10.0.0.0/8, ge: 16, le: 24}]}
    export: {targets: ["65000:1"], prefixes: [{permit: 10.0.0.0/8}], local: [connected, static]}
    leak: [{to: global, prefixes: [{permit: 192.0.2.0/24}]}, {from: blue}]
  blue: {import: ["65000:2"], export: ["65000:2"]}
`;

test('policies are read, and the plain lists of before as they were', () => {
  const { vrfs, gobgp } = parseConfig(whole, 'x.yaml');
  expect(gobgp).toEqual({
    address: 'unix:/run/gobgp.sock',
    nextHop: { family: 4, words: [0xc0000201] },
    staleSeconds: 9,
    pathsMax: 2_000_000,
  });
  expect(vrfs[0]).toMatchObject({
    importTargets: ['65000:1'],
    policy: {
      importRules: [
        { permit: false, ge: 16, le: 32 },
        { permit: true, ge: 16, le: 24 },
      ],
      exportRules: [{ permit: true, ge: 8, le: 8 }],
      local: ['connected', 'static'],
      leaks: [
        { from: 'red', to: 'global', rules: [{ ge: 24, le: 24 }] },
        { from: 'blue', to: 'red', rules: [] },
      ],
    },
  });
  expect(vrfs[1]).toMatchObject({ importTargets: ['65000:2'], exportTargets: ['65000:2'] });
  expect(vrfs[1].policy).toBeUndefined();
});

test('what is written back is read as the same', () => {
  const model = parseConfig(whole, 'x.yaml');
  const again = parseConfig(JSON.stringify(configOf(model)), 'y.yaml');
  expect(again.vrfs).toEqual(model.vrfs);
  expect(again.gobgp).toEqual(model.gobgp);
});

test.each([
  ['import: 7', 'vrfs.red.import: expected a list of route targets or {targets: […], prefixes: […]}, got 7'],
  ['import: ["1:x"]', 'vrfs.red.import[0]: expected ASN:NUMBER or IPV4:NUMBER, such as "65000:1", got "1:x"'],
  [
    'import: {targets: ["70000:70000"]}',
    "vrfs.red.import.targets[0]: number after ':' out of range: expected at most 65535, got 70000",
  ],
  ['import: {prefixes: [{le: 4}]}', 'vrfs.red.import.prefixes[0]: expected either permit or deny'],
  [
    'import: {prefixes: [{permit: 10.0.0.0/8, ge: 33}]}',
    'vrfs.red.import.prefixes[0].ge: expected a length from 8 to 32 for 10.0.0.0/8, got 33',
  ],
  [
    'export: {prefixes: [{permit: 10.0.0.0/8, ge: 24, le: 16}]}',
    'vrfs.red.export.prefixes[0].le: no length is at least 24 and at most 16',
  ],
  [
    'export: {prefixes: [{deny: 10.0.0.1/8}]}',
    'vrfs.red.export.prefixes[0].deny: 10.0.0.1/8 has host bits set; the prefix is 10.0.0.0/8',
  ],
  ['export: {local: [bgp]}', 'vrfs.red.export.local[0]: expected connected or static, got "bgp"'],
  ['leak: [{to: blu}]', "vrfs.red.leak[0].to: no VRF 'blu'; did you mean 'blue'?"],
  ['leak: [{to: red}]', 'vrfs.red.leak[0].to: this is VRF red itself'],
  ['leak: [{to: blue, from: global}]', "vrfs.red.leak[0]: expected either 'to' or 'from'"],
])('%s is refused', (text, problem) => {
  expect(problemsOf(`vrfs: {blue: {}, red: {${text}}}`)).toEqual([problem]);
});

test.each([
  ['{address: nowhere}', 'gobgp.address: expected ADDRESS:PORT or unix:PATH, such as 127.0.0.1:50051, got "nowhere"'],
  ['{address: "127.0.0.1:0"}', 'gobgp.address: expected a port from 1 to 65535, got 0'],
  ['{nextHop: 224.0.0.1}', 'gobgp.nextHop: 224.0.0.1 is a multicast address'],
])('gobgp: %s is refused', (text, problem) => {
  expect(problemsOf(`gobgp: ${text}`)).toEqual([problem]);
});

test('the first line that matches decides', () => {
  const { vrfs } = parseConfig(whole, 'x.yaml');
  const rules = vrfs[0].policy?.importRules ?? [];
  const verdicts = ['10.1.0.0/16', '10.1.2.0/24', '10.1.2.128/25', '10.0.0.0/8', '10.9.1.0/24', '11.0.0.0/16', '::/16'];
  expect(verdicts.filter((text) => passes(rules, parsePrefix(text) ?? { family: 4, words: [0], length: 0 }))).toEqual([
    '10.1.0.0/16',
    '10.1.2.0/24',
  ]);
  expect(passes([], { family: 6, words: [0, 0, 0, 0], length: 0 })).toBe(true);
});
