// Prometheus metrics: read from books and accounts when they are asked for, so that they cost nothing in between. There is
// none per label or route: of those there may be a million, and `GET /labels` and `GET /routes` tell them.
import { type TSchema, Type } from '@sinclair/typebox';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Traffic } from '../../control/live/index.ts';
import { type Endpoint, MediaType } from './endpoint.ts';
import { bridgeRows, pseudowireRows } from './layer2-rows.ts';
import type { RouterService } from './service.ts';

type Labels = Readonly<Record<string, string>>;
type Reading = readonly [labels: Labels, value: number];

/** A metric of which all values are read anew for each scrape. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly labels: readonly string[];
  readonly read: (service: RouterService) => Iterable<Reading>;
}

type Summary = ReturnType<RouterService['plane']['summary']>;

function perPort(summary: Summary, unit: 'frames' | 'bytes'): Reading[] {
  return Object.entries(summary.interfaces).flatMap(([name, books]): Reading[] => [
    [{ interface: name, direction: 'in' }, books.in[unit]],
    [{ interface: name, direction: 'out' }, books.out[unit]],
  ]);
}

type Unit = 'frames' | 'bytes';

/** Both directions of what has a name. */
function perName(label: string, name: string, traffic: Traffic, unit: Unit): Reading[] {
  return [
    [{ [label]: name, direction: 'in' }, traffic.in[unit]],
    [{ [label]: name, direction: 'out' }, traffic.out[unit]],
  ];
}

function perSubInterface({ truth, plane }: RouterService, unit: Unit): Reading[] {
  const accounts = plane.accounts();
  if (accounts === undefined) return [];
  const subs = truth.skeleton().interfaces.filter(({ name, port }) => name !== port);
  return subs.flatMap(({ name }) => perName('interface', name, accounts.interface(name), unit));
}

function perVrf({ truth, plane }: RouterService, unit: Unit): Reading[] {
  const accounts = plane.accounts();
  if (accounts === undefined) return [];
  return truth.vrfs().flatMap(({ model, interfaces }) => perName('vrf', model.name, accounts.sumOf(interfaces), unit));
}

function perPseudowire({ truth, plane }: RouterService, unit: Unit): Reading[] {
  const rows = [...pseudowireRows(truth, plane)];
  return rows.flatMap((row) =>
    'in' in row ? perName('pseudowire', String(row.name), row as unknown as Traffic, unit) : [],
  );
}

function perBridge({ truth, plane }: RouterService): Reading[] {
  return [...bridgeRows(truth, plane)].flatMap(({ name, flooded }) =>
    Object.entries((flooded ?? {}) as Record<string, { frames: number }>).map(([kind, { frames }]): Reading => {
      return [{ bridge: String(name), kind }, frames];
    }),
  );
}

function perReason(counts: Readonly<Record<string, number>>): Reading[] {
  return Object.entries(counts).map(([reason, count]) => [{ reason }, count]);
}

function perDevice(devices: Summary['devices']): Reading[] {
  return Object.entries(devices).flatMap(([name, counts]) =>
    Object.entries(counts).map(([event, count]): Reading => [{ interface: name, event }, count]),
  );
}

function countBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

function families(summary: () => Summary): Family[] {
  const family = (
    kind: Family['kind'],
    name: string,
    help: string,
    labels: string[],
    read: Family['read'],
  ): Family => ({
    kind,
    name: `shimline_${name}`,
    help,
    labels,
    read,
  });
  const counter = (name: string, help: string, labels: string[], read: Family['read']) =>
    family('counter', name, help, labels, read);
  const gauge = (name: string, help: string, labels: string[], read: Family['read']) =>
    family('gauge', name, help, labels, read);
  const one = (value: number): Reading[] => [[{}, value]];
  return [
    counter('interface_frames_total', 'Frames of a port.', ['interface', 'direction'], () =>
      perPort(summary(), 'frames'),
    ),
    counter('interface_bytes_total', 'Bytes of a port.', ['interface', 'direction'], () => perPort(summary(), 'bytes')),
    gauge('interface_up', 'Whether a port can carry frames.', ['interface'], ({ plane }) =>
      plane.ports().map(({ name, isUp }) => [{ interface: name }, isUp ? 1 : 0]),
    ),
    counter('dropped_frames_total', 'Frames dropped.', ['reason'], () => perReason(summary().drops)),
    counter('punted_frames_total', 'Frames for the router itself.', ['reason'], () => perReason(summary().punts)),
    counter('copied_frames_total', 'Copies made by flooding.', [], () => one(summary().frames.copied)),
    counter('made_frames_total', 'Frames that the router made.', [], () => one(summary().frames.made)),
    gauge('held_frames', 'Frames that wait for a neighbour.', [], () => one(summary().frames.held)),
    counter('device_events_total', 'What only a device knows.', ['interface', 'event'], () =>
      perDevice(summary().devices),
    ),
    counter('control_port_events_total', 'The same of control ports.', ['interface', 'event'], ({ plane }) =>
      perDevice(plane.controlCounts()),
    ),
    counter(
      'thread_turns_total',
      'Turns of a forwarding thread: one that does not turn is stuck.',
      ['thread'],
      ({ plane }) => plane.heartbeats().map((turns, thread) => [{ thread: String(thread) }, turns]),
    ),
    counter('subinterface_frames_total', 'Frames of a sub-interface.', ['interface', 'direction'], (service) =>
      perSubInterface(service, 'frames'),
    ),
    counter('subinterface_bytes_total', 'Bytes of a sub-interface.', ['interface', 'direction'], (service) =>
      perSubInterface(service, 'bytes'),
    ),
    counter('vrf_frames_total', "Frames of a VRF's interfaces.", ['vrf', 'direction'], (service) =>
      perVrf(service, 'frames'),
    ),
    counter('vrf_bytes_total', "Bytes of a VRF's interfaces.", ['vrf', 'direction'], (service) =>
      perVrf(service, 'bytes'),
    ),
    counter('pseudowire_frames_total', 'Frames of a pseudowire.', ['pseudowire', 'direction'], (service) =>
      perPseudowire(service, 'frames'),
    ),
    counter('pseudowire_bytes_total', 'Bytes of a pseudowire.', ['pseudowire', 'direction'], (service) =>
      perPseudowire(service, 'bytes'),
    ),
    gauge('pseudowire_up', 'Whether there is a way to its peer.', ['pseudowire'], ({ truth, plane }) =>
      [...pseudowireRows(truth, plane)].map(({ name, up }) => [{ pseudowire: String(name) }, up ? 1 : 0]),
    ),
    counter('bridge_flooded_frames_total', 'Frames that a bridge has flooded.', ['bridge', 'kind'], perBridge),
    gauge('bridge_macs', 'MAC addresses that a bridge has learned.', ['bridge'], ({ truth, plane }) =>
      [...bridgeRows(truth, plane)].map(({ name, learned }) => [{ bridge: String(name) }, Number(learned)]),
    ),
    gauge('vrf_prefixes', 'Prefixes of a VRF.', ['vrf'], ({ truth }) =>
      truth.vrfs().map(({ model, routes }) => [{ vrf: model.name }, routes]),
    ),
    gauge('labels', 'Entries of the incoming label map.', ['source'], ({ truth }) =>
      [...countBy(truth.labels(), ({ source }) => source)].map(([source, count]) => [{ source }, count]),
    ),
    gauge('neighbors', 'Next hops and neighbours.', ['state'], ({ truth }) =>
      [...countBy(truth.neighbors(), ({ mac }) => (mac === undefined ? 'unknown' : 'known'))].map(([state, count]) => [
        { state },
        count,
      ]),
    ),
    gauge('source_entries', 'Routes and labels of a source.', ['source', 'kind'], ({ truth }) =>
      truth.sourceViews().flatMap(({ source, routes, labels, stale }): Reading[] => [
        [{ source, kind: 'route' }, routes],
        [{ source, kind: 'label' }, labels],
        [{ source, kind: 'stale' }, stale],
      ]),
    ),
    gauge('adapter_connected', 'Whether a routing engine is connected.', ['source'], ({ plane }) =>
      plane.adapters().map(({ source, isConnected }) => [{ source }, isConnected ? 1 : 0]),
    ),
    counter('adapter_messages_total', 'Messages of a routing engine.', ['source'], ({ plane }) =>
      plane.adapters().map(({ source, messages }) => [{ source }, messages]),
    ),
    counter('adapter_changes_total', 'Changes that they have made.', ['source'], ({ plane }) =>
      plane.adapters().map(({ source, changes }) => [{ source }, changes]),
    ),
    counter('adapter_refused_total', 'What was not taken of them.', ['source', 'reason'], ({ plane }) =>
      plane
        .adapters()
        .flatMap(({ source, refused }) =>
          Object.entries(refused).map(([reason, count]): Reading => [{ source, reason }, count]),
        ),
    ),
    gauge('table_bytes', 'Memory that the tables use.', [], ({ plane }) => one(plane.tableBytes())),
    gauge('config_version', 'Counts the changes that were made.', [], ({ truth }) => one(truth.version)),
  ];
}

/** A registry of its own for a router; `close` ends what the process metrics keep going. */
export function openMetrics(service: RouterService): Registry {
  const registry = new Registry();
  // One reading for all families of a scrape.
  let read: Summary | undefined;
  const summary = (): Summary => {
    if (read === undefined) {
      read = service.plane.summary();
      setImmediate(() => {
        read = undefined;
      });
    }
    return read;
  };
  for (const { name, help, kind, labels, read: readAll } of families(summary)) {
    const common = { name, help, labelNames: [...labels], registers: [registry] };
    if (kind === 'gauge') {
      new Gauge({
        ...common,
        collect() {
          this.reset();
          for (const [at, value] of readAll(service)) this.set(at, value);
        },
      });
    } else {
      new Counter({
        ...common,
        collect() {
          this.reset();
          for (const [at, value] of readAll(service)) this.inc(at, value);
        },
      });
    }
  }
  collectDefaultMetrics({ register: registry });
  return registry;
}

export function metricsEndpoint(registry: Registry): Endpoint {
  const text: TSchema = Type.String();
  return {
    method: 'GET',
    path: '/metrics',
    summary: 'Counters and gauges for Prometheus.',
    answers: { 200: { description: 'In its text format.', content: { [MediaType.metrics]: text } } },
    handle: async (_, reply) => {
      const metrics = await registry.metrics();
      reply.header('content-type', registry.contentType);
      return metrics;
    },
  };
}
