// A session under streams that nobody would send: damaged at random, cut anywhere. Nothing throws, nothing grows without
// bound, and what is in the tables afterwards is still right.

import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import {
  deleteLabel,
  deleteNexthop,
  deleteRoute,
  fpmFrame,
  newGroup,
  newLabel,
  newNexthop,
  newRoute,
} from '../../../test/support/zebra.ts';
import { parseConfig } from '../../control/config/index.ts';
import { RouterControl } from '../../control/live/index.ts';
import { Places } from './places.ts';
import { Session } from './session.ts';

const config = `router: {name: pe1, id: 192.0.2.1, labels: {dynamic: 100000-199999}}
interfaces:
  core1: {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/30]}
  ce1: {mac: 02:00:00:00:01:01, vrf: red, addresses: [10.1.1.1/24]}
vrfs: {red: {table: 10, label: 24001}}
`;
const names = ['lo', 'eth0', 'core1', 'ce1', 'red'];
const core = { via: '10.0.12.2', dev: 3 };

const messages = [
  newRoute('10.3.0.0/16', core),
  newRoute('10.2.0.0/24', { ...core, labels: [16002, 24012], table: 10 }),
  newRoute('2001:db8::/32', { via: '10.0.12.2', dev: 3, labels: [24012], table: 10 }),
  newRoute('10.7.0.0/16', {
    hops: [
      { ...core, weight: 3 },
      { via: '10.0.12.3', dev: 3 },
    ],
  }),
  newRoute('10.6.0.0/16', { type: 6 }),
  newRoute('10.8.0.0/16', { nexthop: 9 }),
  newLabel(80, { dev: 5 }),
  newLabel(16001, { ...core, labels: [16002] }),
  newNexthop(7, core),
  newGroup(9, { 7: 1, 8: 2 }),
  newGroup(8, { 9: 1 }),
  deleteNexthop(7),
  deleteRoute('10.3.0.0/16'),
  deleteLabel(80),
];

interface Trial {
  readonly session: Session;
  readonly socket: PassThrough;
  readonly errors: unknown[];
  damage: string | undefined;
  ended: boolean;
}

function begin(control: RouterControl): Trial {
  const kernel = {
    withIndex: (index: number) => {
      const name = names[index - 1];
      return name === undefined ? [] : [{ index, name, type: '', vrfTable: undefined, netns: undefined }];
    },
    version: 1,
    poll: () => {},
    close: () => {},
  };
  const socket = new PassThrough();
  const errors: unknown[] = [];
  const trial = { socket, errors, damage: undefined as string | undefined, ended: false };
  const session = new Session(socket as unknown as Socket, {
    router: { apply: async (source, changes) => control.apply(source, changes) },
    places: new Places(() => control.state.model, kernel),
    refused: (_, text) => expect(text()).not.toBe(''),
    failed: (error) => void errors.push(error),
    active: () => {},
    ended: (damage) => {
      trial.ended = true;
      trial.damage = damage;
    },
  });
  return Object.assign(trial, { session });
}

test('400 damaged streams', { timeout: 60_000 }, async () => {
  let seed = 20_261_126;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const control = new RouterControl(parseConfig(config, 'pe1.yaml', { live: true }), { live: true });
  let damaged = 0;
  let changes = 0;
  for (let round = 0; round < 400; round++) {
    const trial = begin(control);
    const parts = Array.from({ length: 1 + random(40) }, () => {
      const message = Uint8Array.from(messages[random(messages.length)]);
      // Damage inside of messages, past their lengths as a rule.
      for (let change = random(4); change > 1; change--) message[random(message.length)] = random(256);
      return fpmFrame(message);
    });
    const stream = Buffer.concat(parts);
    if (random(4) === 0) stream[random(stream.length)] = random(256);
    for (let at = 0; at < stream.length; ) {
      const size = 1 + random(random(2) === 0 ? 8 : 2000);
      trial.socket.emit('data', stream.subarray(at, at + size));
      at += size;
    }
    await trial.session.close();
    expect(trial.errors).toEqual([]);
    if (trial.ended) damaged++;
    changes += trial.session.changes;
  }
  // Some were damaged beyond reading, some were not.
  expect(damaged).toBeGreaterThan(20);
  expect(damaged).toBeLessThan(380);
  expect(changes).toBeGreaterThan(500);
  control.markStale('fpm');
  control.sweep('fpm');
  expect([...control.routes({ source: 'fpm' })]).toEqual([]);
  expect([...control.labels()].filter(({ source }) => source === 'fpm')).toEqual([]);
});

test('a stream that never comes to the end of a frame keeps less than a frame', async () => {
  const control = new RouterControl(parseConfig(config, 'pe1.yaml', { live: true }), { live: true });
  const trial = begin(control);
  trial.socket.emit('data', Buffer.of(1, 1, 0xff, 0xff));
  for (let i = 0; i < 16; i++) trial.socket.emit('data', Buffer.alloc(4096));
  expect(trial.session.waitingBytes).toBeLessThan(65_536);
  await trial.session.close();
});

test('who does not stop sending is made to wait', async () => {
  const control = new RouterControl(parseConfig(config, 'pe1.yaml', { live: true }), { live: true });
  const trial = begin(control);
  const piece = Buffer.concat(
    Array.from({ length: 3000 }, (_, i) => fpmFrame(newRoute(`10.${64 + (i >> 8)}.${i & 255}.0/24`, core))),
  );
  for (let i = 0; i < 6; i++) trial.socket.emit('data', piece);
  expect(trial.socket.isPaused()).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(trial.socket.isPaused()).toBe(false);
  expect(trial.session.changes).toBe(18_000);
  await trial.session.close();
});
