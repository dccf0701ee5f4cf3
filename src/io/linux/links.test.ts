// The watcher against a kernel's own doings in a namespace. Without the rights for namespaces these tests are reported as
// skipped. Nothing here asks how long a change takes.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  hasNamespaces,
  ipBatch,
  makeNamespace,
  messageOf,
  netnsTitle,
  runWithout,
  type TestNamespace,
  until,
} from '../../../test/support/netns.ts';
import { type LinkChange, type LinkWatch, watchLinks } from './links.ts';

test('a namespace that is not there', () => {
  expect(messageOf(() => watchLinks(() => undefined, { netns: 'shim-nowhere', place: 'run' }))).toMatch(
    /^run: there is no network namespace/,
  );
});

describe.skipIf(!hasNamespaces)(netnsTitle('link watcher'), () => {
  let there: TestNamespace;
  let watch: LinkWatch;
  let changes: LinkChange[];
  const count = (kind: LinkChange['kind'], name: string): number =>
    changes.filter((change) => change.kind === kind && change.link.name === name).length;
  beforeEach(() => {
    there = makeNamespace('links');
    changes = [];
    watch = watchLinks((change) => changes.push(change), { netns: there.name });
  });
  afterEach(() => {
    watch.close();
    there.remove();
  });

  test('what is there at first is known and not told', () => {
    expect([...watch.links().keys()]).toEqual(['lo']);
    expect(changes).toEqual([]);
  });

  test('appeared, carrier, mtu, MAC, renamed, gone: told once each, and the map follows', async () => {
    there.ip('link add va type veth peer name vb');
    await until('both ends', () => watch.links().has('va') && watch.links().has('vb'));
    expect([count('appeared', 'va'), count('appeared', 'vb')]).toEqual([1, 1]);
    expect(watch.links().get('va')).toMatchObject({ up: false, carrier: false, type: 'veth' });

    there.ip('link set va up');
    await until('up without carrier', () => watch.links().get('va')?.up === true);
    expect(watch.links().get('va')?.carrier).toBe(false);
    there.ip('link set vb up');
    await until('carrier', () => watch.links().get('va')?.carrier === true);
    there.ip('link set vb down');
    await until('carrier lost', () => watch.links().get('va')?.carrier === false);
    expect(watch.links().get('va')?.up).toBe(true);

    there.ip('link set va mtu 9000');
    await until('mtu', () => watch.links().get('va')?.mtu === 9000);
    there.ip('link set va address 02:00:00:00:00:77');
    await until('MAC', () => watch.links().get('va')?.mac[5] === 0x77);

    there.ip('link set va name ve');
    await until('new name', () => watch.links().has('ve'));
    expect(watch.links().has('va')).toBe(false);
    const renamed = changes.find(({ link }) => link.name === 've');
    expect(renamed).toMatchObject({ kind: 'changed', before: { name: 'va' } });

    there.ip('link del ve');
    await until('gone', () => !watch.links().has('ve') && !watch.links().has('vb'));
    expect([count('gone', 've'), count('gone', 'vb')]).toEqual([1, 1]);
    expect([...watch.links().keys()]).toEqual(['lo']);
  });

  test('names that are exchanged, and one that is made again', async () => {
    there.ip('link add one type veth peer name two');
    await until('both', () => watch.links().size === 3);
    const [one, two] = [watch.links().get('one')?.index, watch.links().get('two')?.index];
    for (const line of ['one name three', 'two name one', 'three name two']) there.ip(`link set ${line}`);
    await until('exchanged', () => watch.links().get('one')?.index === two && watch.links().get('two')?.index === one);
    expect(watch.links().size).toBe(3);
    there.ip('link del one');
    there.ip('link add one mtu 1400 type veth peer name two');
    await until('made again', () => watch.links().get('one')?.mtu === 1400);
    expect(count('gone', 'one')).toBe(1);
  });

  test('more changes than the kernel keeps: the books are right all the same', async () => {
    const names = Array.from({ length: 25 }, (_, i) => `a${i}`);
    ipBatch(
      there.name,
      names.map((name) => `link add ${name} type veth peer name p${name}`),
    );
    await until('all', () => watch.links().size === 51);
    // The event loop stands still meanwhile; the last messages find no room.
    ipBatch(there.name, [
      ...Array.from({ length: 8_000 }, (_, i) => `link set a0 mtu ${1400 + (i % 2)}`),
      ...names.slice(5).map((name) => `link del ${name}`),
      'link set a1 mtu 1666',
      'link add late type veth peer name plate',
    ]);
    await until('the rest', () => watch.links().size === 13 && watch.links().has('late'));
    expect(watch.links().get('a1')?.mtu).toBe(1666);
    expect(count('gone', 'a24')).toBe(1);
    there.ip('link del late');
    await until('changes after that', () => !watch.links().has('late'));
  });

  test('closed from within its listener: nothing more is told', async () => {
    let calls = 0;
    const own = watchLinks(
      () => {
        calls++;
        own.close();
      },
      { netns: there.name },
    );
    there.ip('link add va type veth peer name vb');
    await until('the other watch has both', () => watch.links().size === 3);
    own.poll();
    own.close();
    expect(calls).toBe(1);
  });

  test('a process with a watch that is closed ends by itself', () => {
    const code = `
      import { watchLinks } from './src/io/linux/links.ts';
      const watch = watchLinks(() => undefined);
      setTimeout(() => { watch.close(); console.log('closed with', [...watch.links().keys()].join()); }, 20);`;
    expect(runWithout(['sys_admin'], code, there.name)).toBe('closed with lo');
  });
});
