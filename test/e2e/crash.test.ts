// kill -9 in the middle of anything: the router that starts again has the labels that were told before, its socket, its
// TAP and its control port, and what comes over the API comes again from its program.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../property/random.ts';
import { builtMain } from '../support/built.ts';
import { hasNamespaces, makeNamespace, type TestNamespace } from '../support/netns.ts';
import { scratch } from './support/cli.ts';

const at = scratch();
const socket = at.path('pe1.sock');
const stateFile = at.path('state', 'pe1.labels.json');
const kills = 4;
/** A label that was released may be somebody else's after a minute; a machine that is slow is given the doubt. */
const restMilliseconds = 45_000;

let place: TestNamespace | undefined;
let config = '';
beforeAll(() => {
  if (hasNamespaces) place = makeNamespace('crash');
  const inside = place?.name;
  const device = inside === undefined ? '{pcap: {out: /dev/null}}' : `{tap: {name: tap-ce1, netns: ${inside}}}`;
  const control = inside === undefined ? '' : `, controlPort: {name: cp-core1, netns: ${inside}}`;
  config = at.file(
    'pe1.yaml',
    `
router: {name: pe1, id: 192.0.2.1, labels: {dynamic: 100-4000}}
interfaces:
  ce1: {mac: 02:00:00:00:01:01, vrf: red, addresses: [10.1.1.1/24], device: ${device}}
  core1: {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/24], device: {loopback: cable}${control}}
  core2: {mac: 02:00:00:00:01:10, mpls: true, addresses: [10.0.13.1/24], device: {loopback: cable}}
vrfs:
  blue: {}
  red: {labelMode: per-ce}
routes:
  - {vrf: red, prefix: 10.2.0.0/16, via: 10.1.1.2}
`,
  );
});
afterAll(() => place?.remove());

class Router {
  readonly log: string[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  readonly #ready: Promise<boolean>;

  constructor() {
    const where = ['--api', `unix:${socket}`, '--state', stateFile, '--log-format', 'json'];
    this.#child = spawn(process.execPath, [...builtMain(), 'run', '-c', config, ...where], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#exit = once(this.#child, 'exit');
    this.#ready = new Promise((resolve) => {
      const lines = createInterface({ input: this.#child.stderr as NodeJS.ReadableStream });
      lines.on('line', (line) => {
        this.log.push(line);
        if (line.includes('"ready"')) resolve(true);
      });
      lines.on('close', () => resolve(false));
    });
  }

  async ready(): Promise<void> {
    if (!(await this.#ready)) throw new Error(`did not start:\n${this.log.join('\n')}`);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }
}

/** undefined: there was no answer. */
function ask(path: string, body?: object): Promise<{ status: number; json: unknown } | undefined> {
  return new Promise((resolve) => {
    const method = body === undefined ? 'GET' : 'POST';
    const headers = { 'content-type': 'application/json' };
    const asking = request({ socketPath: socket, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (part) => {
        text += part;
      });
      response.on('error', () => resolve(undefined));
      response.on('end', () => {
        if (response.complete) resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) });
        else resolve(undefined);
      });
    });
    asking.on('error', () => resolve(undefined));
    asking.end(body && JSON.stringify(body));
  });
}

/** What programs know over restarts of the router. */
class Programs {
  /** What each key's label was when it was told last. */
  readonly told = new Map<string, number>();
  /** Who was told a label, and when it was heard of for the last time. */
  readonly #owners = new Map<number, { key: string; at: number }>();
  /** VRFs of ours, and CEs of red, that are there as far as we know. */
  vrfs = new Set<string>();
  ces = new Set<number>();
  changes = 0;

  async look(): Promise<void> {
    const answer = await ask('/bindings?limit=10000');
    if (answer === undefined) return;
    expect(answer.status).toBe(200);
    for (const { label, owner } of (answer.json as { bindings: { label: number; owner: string }[] }).bindings) {
      const before = this.#owners.get(label);
      if (before !== undefined && before.key !== owner && Date.now() - before.at < restMilliseconds) {
        throw new Error(`label ${label} was that of ${before.key} a moment ago and is that of ${owner}`);
      }
      const known = this.told.get(owner);
      if (
        known !== undefined &&
        known !== label &&
        Date.now() - (this.#owners.get(known)?.at ?? 0) < restMilliseconds
      ) {
        throw new Error(`${owner} had label ${known} and has ${label}`);
      }
      this.told.set(owner, label);
      this.#owners.set(label, { key: owner, at: Date.now() });
    }
  }

  static change(op: string, name: string): object {
    const ce = /^ce(\d+)$/.exec(name)?.[1];
    if (ce === undefined) return { op, vrf: { name } };
    const via = { via: `10.1.1.${3 + (Number(ce) % 250)}` };
    return { op, route: { vrf: 'red', prefix: `100.64.${ce}.0/24`, ...(op !== 'delete' && via) } };
  }

  async #send(changes: readonly object[]): Promise<boolean> {
    const answer = await ask('/transactions', { changes });
    if (answer !== undefined) expect(answer).toMatchObject({ status: 200 });
    if (answer !== undefined) this.changes++;
    return answer !== undefined;
  }

  /** All that we have, to a router that does not know any of it, in another order. */
  async sendAgain(random: Random): Promise<void> {
    const names = [...this.vrfs, ...[...this.ces].map((ce) => `ce${ce}`)];
    const shuffled = names.map((name) => ({ name, by: random.word() })).sort((a, b) => a.by - b.by);
    expect(await this.#send(shuffled.map(({ name }) => Programs.change('replace', name)))).toBe(true);
  }

  /** Until the router answers no more. */
  async work(random: Random): Promise<void> {
    for (;;) {
      const isCe = random.chance(0.5);
      const names: Set<string | number> = isCe ? this.ces : this.vrfs;
      const isComing = names.size < 5 || random.chance(0.6);
      const each = isComing ? (isCe ? random.below(250) : `v${random.below(1000)}`) : random.pick([...names]);
      const name = isCe ? `ce${each}` : String(each);
      // What was not answered may have been made or not; after the end it is sent again, or nobody misses it.
      if (!isComing) names.delete(each);
      if (!(await this.#send([Programs.change(isComing ? 'replace' : 'delete', name)]))) return;
      if (isComing) names.add(each);
      if (random.chance(0.5)) await this.look();
    }
  }
}

test(`kill -9 at any moment${hasNamespaces ? '' : ' (no right to make network namespaces: without TAPs)'}`, {
  timeout: 240_000,
}, async () => {
  const random = new Random(20261126);
  const programs = new Programs();
  for (let run = 0; run < kills; run++) {
    const router = new Router();
    await router.ready();
    expect(router.log.filter((line) => /damaged|not kept|no control API/.test(line))).toEqual([]);
    if (place !== undefined) {
      const links = place.ip('-o link show');
      for (const name of ['tap-ce1', 'cp-core1']) expect(links).toContain(` ${name}:`);
      expect(place.ip('-o addr show')).toContain('10.0.12.1/24');
    }
    await programs.look();
    // The configuration's own labels are there at once, those of programs when they have sent theirs again.
    expect(programs.told.get('vrf blue')).toBe(100);
    await programs.sendAgain(random);
    await programs.look();
    const working = Promise.all([programs.work(random), programs.look()]);
    await pause(50 + random.below(600));
    await router.kill();
    await working;
    expect(existsSync(socket)).toBe(true);
    if (random.chance(0.5)) continue;
    // Somewhere in its start.
    const another = new Router();
    await pause(random.below(900));
    await another.kill();
  }
  expect(programs.changes).toBeGreaterThan(kills * 3);
  expect(programs.told.size).toBeGreaterThan(20);
  expect(JSON.parse(readFileSync(stateFile, 'utf8'))).toMatchObject({ version: 1 });
});
