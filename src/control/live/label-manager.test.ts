import { expect, test } from 'vitest';
import { LabelManager, type LabelState } from './label-manager.ts';

function make(last: number, state?: LabelState, taken: readonly number[] = []) {
  const clock = { seconds: 1000 };
  const manager = new LabelManager(
    { first: 100, last, isTaken: (label) => taken.includes(label), now: () => clock.seconds },
    state,
  );
  return { manager, clock };
}

test('the lowest free label, one for a key', () => {
  const { manager } = make(200, undefined, [101]);
  expect(manager.bind('vrf red')).toBe(100);
  expect(manager.bind('vrf blue')).toBe(102);
  expect(manager.bind('vrf red')).toBe(100);
  expect(manager.bindings()).toEqual([
    { label: 100, key: 'vrf red' },
    { label: 102, key: 'vrf blue' },
  ]);
  expect(manager.keyOf(102)).toBe('vrf blue');
});

test('a released label rests for a minute, but its own key gets it back', () => {
  const { manager, clock } = make(200);
  for (const key of ['a', 'b', 'c']) manager.bind(key);
  manager.release('b');
  expect(manager.bind('d')).toBe(103);
  clock.seconds += 59;
  expect(manager.bind('e')).toBe(104);
  expect(manager.bind('b')).toBe(101);
  manager.release('b');
  clock.seconds += 60;
  expect(manager.bind('f')).toBe(101);
  expect(manager.bind('b')).toBe(105);
});

test('an exhausted range is an error that says for whom, until a rest is over', () => {
  const { manager, clock } = make(101);
  manager.bind('a');
  manager.bind('b');
  expect(() => manager.bind('vrf red')).toThrow('router.labels.dynamic: no label from 100 to 101 is left for vrf red');
  manager.release('a');
  expect(manager.hasRoom(1)).toBe(false);
  expect(manager.tryBind('vrf red')).toBeUndefined();
  clock.seconds += 60;
  expect(manager.hasRoom(1)).toBe(true);
  expect(manager.bind('vrf red')).toBe(100);
});

test('after a restart every key has the label it had, and what rests goes on resting', () => {
  const first = make(200);
  for (const key of ['a', 'b', 'c']) first.manager.bind(key);
  first.manager.release('a');
  const { manager, clock } = make(200, JSON.parse(JSON.stringify(first.manager.state())));
  expect(manager.bind('c')).toBe(102);
  expect(manager.bind('b')).toBe(101);
  expect(manager.bind('d')).toBe(103);
  clock.seconds += 60;
  expect(manager.bind('e')).toBe(100);
});

test('a label that somebody else has taken meanwhile is not given back to its key', () => {
  const taken: number[] = [];
  const { manager } = make(200, undefined, taken);
  manager.bind('a');
  manager.release('a');
  taken.push(100);
  expect(manager.bind('a')).toBe(101);
});

test('a state that says something twice is taken by what came first', () => {
  const bound = [
    { label: 100, key: 'a' },
    { label: 100, key: 'b' },
    { label: 101, key: 'a' },
  ];
  const { manager } = make(200, { version: 1, bound, resting: [{ label: 100, key: 'c', until: 1e9 }] });
  expect(manager.bindings()).toEqual([{ label: 100, key: 'a' }]);
  expect(manager.bind('b')).toBe(101);
});
