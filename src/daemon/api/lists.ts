// Tables of the router as lists: filtered, a page of them as one JSON object, or all of them as a stream of lines.
import { Readable } from 'node:stream';
import { type TObject, type TSchema, Type } from '@sinclair/typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type IpPrefix, networkOf, parseAddress, parsePrefix } from '../../wire/address.ts';
import { refusal } from './api-error.ts';
import { accepts, type Endpoint, MediaType } from './endpoint.ts';
import { bridgeRows, macRows, pseudowireRows } from './layer2-rows.ts';
import { interfaceRows, labelRowOf, neighborRowOf, routeRowOf, sourceRows, vrfRowOf } from './rows.ts';
import {
  bindingRow,
  bridgeRow,
  interfaceRow,
  labelRow,
  limitDefault,
  macRow,
  neighborRow,
  pageParameters,
  pseudowireRow,
  routeRow,
  sourceRow,
  vrfRow,
} from './schemas.ts';
import type { EntryState, RouterService } from './service.ts';

type Row = Readonly<Record<string, unknown>>;
type Query = Readonly<Record<string, string & number>>;

interface List {
  readonly name: string;
  readonly summary: string;
  readonly row: TSchema;
  readonly filters: Readonly<Record<string, TSchema>>;
  readonly rows: (query: Query, service: RouterService) => Iterable<Row>;
}

const optional = Type.Optional;
const text = (description: string) => optional(Type.String({ description }));
const label = optional(Type.Integer({ description: 'Only this label.', minimum: 0, maximum: 0xfffff }));
const onInterface = text('Only this interface.');
const state = optional(
  Type.Union([Type.Literal('active'), Type.Literal('unusable'), Type.Literal('waiting')], {
    description: 'Only entries in this state.',
  }),
);
const family = optional(Type.Union([Type.Literal('4'), Type.Literal('6')], { description: 'Only IPv4 or IPv6.' }));
/** So many lines go out at once. */
const linesAtOnce = 500;

export function prefixParameter(given: string | undefined, name: string): IpPrefix | undefined {
  if (given === undefined) return undefined;
  const address = parseAddress(given);
  const prefix = address ? { ...address, length: address.family === 4 ? 32 : 128 } : parsePrefix(given);
  if (prefix === undefined)
    throw refusal(400, `expected a prefix such as 10.1.0.0/16, got ${JSON.stringify(given)}`, name);
  return networkOf(prefix);
}

function* filtered<T>(items: Iterable<T>, passes: (item: T) => boolean): Generator<T> {
  for (const item of items) if (passes(item)) yield item;
}

function* mapped<T>(items: Iterable<T>, make: (item: T) => Row): Generator<Row> {
  for (const item of items) yield make(item);
}

function is<T>(wanted: T | undefined, value: T): boolean {
  return wanted === undefined || wanted === value;
}

const lists: readonly List[] = [
  {
    name: 'interfaces',
    summary: 'Ports and sub-interfaces, with their state and counts.',
    row: interfaceRow,
    filters: { vrf: text('Only those of this VRF, or global.'), name: onInterface },
    rows: ({ vrf, name }, { truth, plane }) =>
      filtered(interfaceRows(truth.skeleton(), plane), (each) => {
        return is(vrf, (each.vrf ?? 'global') as typeof vrf) && is(name, each.name as typeof name);
      }),
  },
  {
    name: 'vrfs',
    summary: 'VRFs with their labels, interfaces and numbers of routes.',
    row: vrfRow,
    filters: { name: text('Only this VRF.') },
    rows: ({ name }, { truth, plane }) =>
      mapped(
        filtered(truth.vrfs(), ({ model }) => is<string>(name, model.name)),
        (view) => vrfRowOf(view, plane),
      ),
  },
  {
    name: 'routes',
    summary: 'Routes of all sources, in no order.',
    row: routeRow,
    filters: {
      vrf: text('Only this VRF, or global.'),
      prefix: text('Only this prefix and those within.'),
      source: text('Only those of this source.'),
      state,
      family,
    },
    rows: ({ vrf, prefix, source, state: is, family: of }, { truth }) => {
      const within = prefixParameter(prefix, 'prefix');
      const version = of === undefined ? undefined : (of as string) === '4' ? 4 : 6;
      const filter = { vrf, source, state: is as EntryState | undefined, within, family: version } as const;
      return mapped(truth.routes(filter), routeRowOf);
    },
  },
  {
    name: 'labels',
    summary: 'The incoming label map, entries of all sources.',
    row: labelRow,
    filters: { label, source: text('Only those of this source.'), state },
    rows: ({ label: number, source, state: wanted }, { truth }) =>
      mapped(
        filtered(truth.labels(), (each) => {
          return is<number>(number, each.label) && is<string>(source, each.source) && is<string>(wanted, each.state);
        }),
        labelRowOf,
      ),
  },
  {
    name: 'neighbors',
    summary: 'Next hops, static neighbours and those that were learned.',
    row: neighborRow,
    filters: { interface: onInterface, prefix: text('Only addresses within.') },
    rows: ({ interface: on, prefix }, { truth }) => {
      const within = prefixParameter(prefix, 'prefix');
      return mapped(
        filtered(truth.neighbors(), (each) => {
          return is<string>(on, each.interface) && (within === undefined || holds(within, each.address));
        }),
        neighborRowOf,
      );
    },
  },
  {
    name: 'pseudowires',
    summary: 'Pseudowires, with their state.',
    row: pseudowireRow,
    filters: { name: text('Only this one.') },
    rows: ({ name }, { truth, plane }) =>
      filtered(pseudowireRows(truth, plane), (each) => is<unknown>(name, each.name)),
  },
  {
    name: 'bridges',
    summary: 'Bridges, with the number of addresses learned.',
    row: bridgeRow,
    filters: { name: text('Only this one.') },
    rows: ({ name }, { truth, plane }) => filtered(bridgeRows(truth, plane), (each) => is<unknown>(name, each.name)),
  },
  {
    name: 'macs',
    summary: 'MAC addresses that bridges know.',
    row: macRow,
    filters: {
      bridge: text('Only those of this bridge.'),
      interface: text('Only those behind this interface.'),
      pseudowire: text('Only those behind this pseudowire.'),
      mac: text('Only this one.'),
      vlan: optional(
        Type.Integer({ description: 'Only those of this VLAN, 0 without a tag.', minimum: 0, maximum: 4095 }),
      ),
    },
    rows: ({ bridge, interface: on, pseudowire, mac, vlan }, { plane }) =>
      filtered(macRows(plane, Date.now() / 1000), (each) => {
        return (
          is<unknown>(bridge, each.bridge) &&
          is<unknown>(on, each.interface) &&
          is<unknown>(pseudowire, each.pseudowire) &&
          is<unknown>((mac as string | undefined)?.toLowerCase(), each.mac) &&
          is<unknown>(vlan, each.vlan)
        );
      }),
  },
  {
    name: 'bindings',
    summary: 'Labels that stand for VRFs, CEs and prefixes.',
    row: bindingRow,
    filters: { label },
    rows: ({ label: number }, { truth }) =>
      mapped(
        filtered(truth.bindings(), (each) => is<number>(number, each.label)),
        (each) => ({ ...each }),
      ),
  },
  {
    name: 'sources',
    summary: 'Who has put in routes and labels, and how adapters of routing engines fare.',
    row: sourceRow,
    filters: { source: text('Only this source.') },
    rows: ({ source }, { truth, plane }) =>
      filtered(sourceRows(truth.sourceViews(), plane.adapters()), (each) => is<unknown>(source, each.source)),
  },
];

function holds(prefix: IpPrefix, address: Omit<IpPrefix, 'length'>): boolean {
  if (prefix.family !== address.family) return false;
  const cut = networkOf({ ...address, length: prefix.length });
  return cut.words.every((word, i) => word === prefix.words[i]);
}

/** Lines of text, put together so that each piece is worth its call. */
function* linesOf(rows: Iterable<Row>): Generator<string> {
  let piece = '';
  let count = 0;
  for (const row of rows) {
    piece += `${JSON.stringify(row)}\n`;
    if (++count % linesAtOnce !== 0) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function* page(rows: Iterable<Row>, offset: number, limit: number): Generator<Row> {
  let at = 0;
  for (const row of rows) {
    if (at >= offset + limit) return;
    if (at++ >= offset) yield row;
  }
}

function answerList({ name, rows }: List, service: RouterService, request: FastifyRequest, reply: FastifyReply) {
  const query = request.query as Query;
  const { offset = 0 } = query as { offset?: number };
  if (accepts(request, MediaType.ndjson)) {
    const { limit = Number.MAX_SAFE_INTEGER } = query as { limit?: number };
    reply.type(MediaType.ndjson);
    return Readable.from(linesOf(page(rows(query, service), offset, limit)), { objectMode: true });
  }
  const { limit = limitDefault } = query as { limit?: number };
  const found = [...page(rows(query, service), offset, limit + 1)];
  return { version: service.truth.version, [name]: found.slice(0, limit), more: found.length > limit };
}

export function listEndpoints(service: RouterService): Endpoint[] {
  return lists.map((list): Endpoint => {
    const { name, summary, row, filters } = list;
    const whole = Type.Object({
      version: Type.Integer({ description: 'Of the configuration.' }),
      [name]: Type.Array(row),
      more: Type.Boolean({ description: 'There are more: ask again with offset.' }),
    });
    const query: TObject = Type.Object({ ...filters, ...pageParameters }, { additionalProperties: false });
    return {
      method: 'GET',
      path: `/${name}`,
      summary,
      query,
      answers: { 200: { description: summary, content: { [MediaType.json]: whole, [MediaType.ndjson]: row } } },
      handle: (request, reply) => answerList(list, service, request, reply),
    };
  });
}
