// The section `snmp`: what it means, and each mistake with its message.
import { expect, test } from 'vitest';
import { parseConfig } from './index.ts';

function problemsOf(text: string): string[] {
  try {
    parseConfig(text, 'x.yaml');
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.replace(/^x\.yaml:/, ''));
  }
  return [];
}

test.each([
  ['tcp:127.0.0.1:705', { host: '127.0.0.1', port: 705 }],
  ['tcp:[::1]:65535', { host: '::1', port: 65535 }],
  ['tcp:localhost:1', { host: 'localhost', port: 1 }],
])('snmp.agentx %s', (text, snmp) => {
  expect(parseConfig(`snmp: {agentx: "${text}"}`, 'x.yaml').snmp).toEqual(snmp);
});

test('no section, no SNMP', () => {
  expect(parseConfig('router: {}', 'x.yaml').snmp).toBeUndefined();
});

const expected = 'expected tcp:ADDRESS:PORT, such as tcp:127.0.0.1:705';

test.each([
  ['{agentx: "udp:127.0.0.1:705"}', `1:16 snmp.agentx: ${expected}, got "udp:127.0.0.1:705"`],
  ['{agentx: "tcp:127.0.0.1"}', `1:16 snmp.agentx: ${expected}, got "tcp:127.0.0.1"`],
  ['{agentx: "tcp:::1:705"}', `1:16 snmp.agentx: ${expected}, got "tcp:::1:705"`],
  ['{agentx: 705}', `1:16 snmp.agentx: ${expected}, got 705`],
  ['{agentx: "tcp:127.0.0.1:0"}', '1:16 snmp.agentx: expected a port from 1 to 65535, got 0'],
  ['{agentx: "tcp:127.0.0.1:65536"}', '1:16 snmp.agentx: expected a port from 1 to 65535, got 65536'],
  ['{agent: "tcp:127.0.0.1:705"}', "1:8 snmp.agent: unknown key 'agent'; did you mean 'agentx'?"],
  ['{}', "1:7 snmp: missing key 'agentx'"],
  ['7', '1:7 snmp: expected a map of keys, got 7'],
])('snmp: %s', (text, problem) => {
  expect(problemsOf(`snmp: ${text}`)).toEqual([problem]);
});
