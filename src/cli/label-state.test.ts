import { expect, test } from 'vitest';
import { stateFile } from './label-state.ts';

test('the folder is that of the unit, of the user, or of the system', () => {
  const unit = { STATE_DIRECTORY: '/var/lib/a:/var/lib/b', XDG_STATE_HOME: '/srv/me/state' };
  expect(stateFile('pe1', undefined, unit, false)).toBe('/var/lib/a/pe1.labels.json');
  const { XDG_STATE_HOME } = unit;
  expect(stateFile('pe1', undefined, { XDG_STATE_HOME }, true)).toBe('/srv/me/state/shimline/pe1.labels.json');
  expect(stateFile('pe1', undefined, {}, true)).toBe('/var/lib/shimline/pe1.labels.json');
  expect(stateFile('pe1', undefined, {}, false)).toMatch(/^\/.*\/\.local\/state\/shimline\/pe1\.labels\.json$/);
});

test('the command line is asked before the environment, and both may say none', () => {
  expect(stateFile('pe1', 'here.json', { SHIMLINE_STATE: 'there.json' })).toBe('here.json');
  expect(stateFile('pe1', undefined, { SHIMLINE_STATE: 'there.json' })).toBe('there.json');
  expect(stateFile('pe1', 'none', { SHIMLINE_STATE: 'there.json' })).toBeUndefined();
  expect(stateFile('pe1', undefined, { SHIMLINE_STATE: 'none' })).toBeUndefined();
});

test('the name of a router does not lead out of the folder', () => {
  expect(stateFile('../../etc/x', undefined, {}, true)).toBe('/var/lib/shimline/--..-etc-x.labels.json');
});
