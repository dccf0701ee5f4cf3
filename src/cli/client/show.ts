// `shimline show`: the tables of a running router, for people or as JSON.

import { usageError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { formatTable } from '../table.ts';
import type { CliIo } from '../terminal.ts';
import { ApiClient, type ClientOptions, queryOf } from './api-client.ts';
import type { RoutePathConfig } from './path-text.ts';
import { pathText } from './path-text.ts';
import { readFilters } from './words.ts';

export interface ShowOptions extends ClientOptions {
  readonly limit?: number;
}

type Row = Readonly<Record<string, unknown>>;

interface Shown {
  /** Columns that are left out where no row has anything in them: what only some routers count. */
  readonly optional?: readonly number[];
  readonly columns: readonly string[];
  readonly numeric?: readonly number[];
  readonly cells: (row: Row) => readonly unknown[];
}

const list = (value: unknown): string => (Array.isArray(value) ? value.join(' ') : '');
const grouped = (value: unknown): string => (typeof value === 'number' ? value.toLocaleString('en-US') : '');
const counts = (value: unknown): string[] => {
  const { frames, bytes } = (value ?? {}) as { frames?: number; bytes?: number };
  return [grouped(frames), grouped(bytes)];
};

function leadsTo({ local, interface: on, paths, state, why, stale }: Row): string {
  const where =
    local === undefined ? (paths as RoutePathConfig[]).map(pathText).join(' and ') : `${local}${on ? ` on ${on}` : ''}`;
  const doubts = [state === 'active' ? '' : `${state}${why ? `: ${why}` : ''}`, stale ? 'stale' : ''].filter(
    (text) => text !== '',
  );
  return doubts.length === 0 ? where : `${where} (${doubts.join(', ')})`;
}

const shown: Readonly<Record<string, Shown>> = {
  interfaces: {
    columns: ['Interface', 'State', 'VRF', 'Addresses', 'Frames in', 'Bytes in', 'Frames out', 'Bytes out', ''],
    numeric: [4, 5, 6, 7],
    cells: ({ name, up, vrf, config, in: arrived, out, complaint }) => [
      name,
      up ? 'up' : 'down',
      vrf ?? 'global',
      list((config as Row).addresses),
      ...counts(arrived),
      ...counts(out),
      complaint,
    ],
  },
  vrfs: {
    columns: ['VRF', 'RD', 'Label', 'Prefixes', 'Frames in', 'Bytes in', 'Frames out', 'Bytes out', 'Interfaces'],
    numeric: [2, 3, 4, 5, 6, 7],
    cells: ({ name, config, label, routes, in: arrived, out, interfaces }) => [
      name,
      (config as Row).rd,
      label,
      grouped(routes),
      ...counts(arrived),
      ...counts(out),
      list(interfaces),
    ],
  },
  routes: {
    columns: ['VRF', 'Prefix', 'Source', 'Frames', 'Bytes', 'Leads to'],
    numeric: [3, 4],
    optional: [3, 4],
    cells: (row) => [row.vrf, row.prefix, row.source, ...counts(row.counted), leadsTo(row)],
  },
  labels: {
    columns: ['Label', 'Source', 'Frames', 'Bytes', 'Leads to'],
    numeric: [0, 2, 3],
    optional: [2, 3],
    cells: (row) => [row.label, row.source, ...counts(row.counted), leadsTo(row)],
  },
  neighbors: {
    columns: ['Interface', 'Address', 'MAC', ''],
    cells: ({ interface: on, address, mac, static: isStatic, up }) => [
      on,
      address,
      mac ?? 'not known yet',
      [isStatic ? 'static' : '', up ? '' : 'down'].filter((text) => text !== '').join(', '),
    ],
  },
  pseudowires: {
    columns: [
      'Pseudowire',
      'Peer',
      'Label here',
      'Label there',
      'Type',
      'Frames in',
      'Bytes in',
      'Frames out',
      'Bytes out',
      'State',
      'Role',
      'Backup',
    ],
    numeric: [2, 3, 5, 6, 7, 8],
    cells: ({ name, up, reason, role, config, in: arrived, out }) => {
      const { peer, localLabel, remoteLabel, type, backup } = config as Row;
      const counted = [...counts(arrived), ...counts(out)];
      return [
        name,
        peer,
        localLabel,
        remoteLabel,
        type,
        ...counted,
        up ? 'up' : `down${reason ? `: ${reason}` : ''}`,
        role,
        backup,
      ];
    },
  },
  bridges: {
    columns: ['Bridge', 'Learned', 'Frames in', 'Frames out', 'Broadcast', 'Unknown', 'Multicast', 'Members'],
    numeric: [1, 2, 3, 4, 5, 6],
    cells: ({ name, learned, config, circuits = [], flooded }) => {
      const { interfaces, pseudowires } = config as Row;
      const members = circuits as { in?: { frames: number }; out?: { frames: number } }[];
      const sum = (way: 'in' | 'out') => members.reduce((total, each) => total + (each[way]?.frames ?? 0), 0);
      const { broadcast, unknown, multicast } = (flooded ?? {}) as Record<string, { frames: number } | undefined>;
      const floods = [broadcast, unknown, multicast].map((each) => grouped(each?.frames));
      const all = [list(interfaces), list(pseudowires)].filter((each) => each !== '').join(' ');
      return [name, grouped(learned), grouped(sum('in')), grouped(sum('out')), ...floods, all];
    },
  },
  macs: {
    columns: ['Bridge', 'MAC', 'VLAN', 'Behind', 'Age'],
    numeric: [2, 4],
    cells: ({ bridge, mac, vlan, interface: on, pseudowire, static: isStatic, age }) => {
      return [bridge, mac, vlan, on ?? `pseudowire ${pseudowire}`, isStatic ? 'static' : `${age} s`];
    },
  },
  sources: {
    columns: ['Source', 'Distance', 'Routes', 'Labels', 'Stale', 'Routing engine', 'Not taken'],
    numeric: [1, 2, 3, 4],
    cells: ({ source, distance, routes, labels, stale, adapter }) => {
      const { connected, peer, address, refused = {} } = (adapter ?? {}) as Row;
      const engine = connected === true ? `connected from ${peer}` : `none at ${address}`;
      const reasons = Object.entries(refused as Row).map(([reason, count]) => `${reason} ${grouped(count)}`);
      const counts = [routes, labels, stale].map(grouped);
      return [source, distance, ...counts, adapter === undefined ? '' : engine, reasons.join(', ')];
    },
  },
  bindings: {
    columns: ['Label', 'Stands for', ''],
    numeric: [0],
    cells: ({ label, owner, chosen }) => [label, owner, chosen ? 'chosen' : 'configured'],
  },
};

const kinds = [...Object.keys(shown), 'counters', 'route'];

export async function showCommand(
  what: string,
  words: readonly string[],
  options: ShowOptions,
  io: CliIo,
): Promise<number> {
  if (!kinds.includes(what))
    throw usageError(`show ${what}: expected one of ${kinds.join(', ')}${nearest(what, kinds)}`);
  const client = await ApiClient.open(options);
  if (what === 'counters') return showCounters(client, options, io);
  if (what === 'route') return explainRoute(client, words, options, io);
  const query = queryOf({ ...readFilters(words), limit: options.limit });
  const answer = await client.json(`/${what}${query}`);
  const rows = answer[what] as readonly Row[];
  if (options.json) {
    io.out.write(`${JSON.stringify(rows, null, 2)}\n`);
    return 0;
  }
  if (rows.length > 0) io.out.write(`${formatTable(tableOf(shown[what] as Shown, rows), io.out)}\n`);
  if (answer.more) io.err.write(`shimline: there are more; --limit N shows N, --json too\n`);
  return 0;
}

function tableOf({ columns, numeric = [], optional = [], cells }: Shown, rows: readonly Row[]) {
  const text = rows.map((row) => cells(row).map((cell) => (cell === undefined ? '' : String(cell))));
  const kept = columns.flatMap((_, i) => (optional.includes(i) && text.every((row) => row[i] === '') ? [] : [i]));
  return {
    columns: kept.map((i) => columns[i] as string),
    rows: text.map((row) => kept.map((i) => row[i] as string)),
    numeric: kept.flatMap((i, place) => (numeric.includes(i) ? [place] : [])),
  };
}

async function explainRoute(
  client: ApiClient,
  words: readonly string[],
  options: ShowOptions,
  io: CliIo,
): Promise<number> {
  const [address, ...rest] = words;
  if (address === undefined) throw usageError('show route ADDRESS [vrf NAME]: an address is due');
  const answer = await client.json(`/routes/explain${queryOf({ ...readFilters(rest), address })}`);
  io.out.write(options.json ? `${JSON.stringify(answer, null, 2)}\n` : `${(answer.steps as string[]).join('\n')}\n`);
  return 0;
}

async function showCounters(client: ApiClient, options: ShowOptions, io: CliIo): Promise<number> {
  const counters = await client.json('/counters');
  if (options.json) {
    io.out.write(`${JSON.stringify(counters, null, 2)}\n`);
    return 0;
  }
  const section = (name: string, title: string) => {
    const rows = Object.entries(counters[name] as Record<string, number>).map(([key, count]) => [key, grouped(count)]);
    return rows.length === 0 ? [] : [formatTable({ columns: [title, 'Frames'], rows, numeric: [1] }, io.out)];
  };
  const ports = Object.entries(counters.interfaces as Record<string, Row>).map(([name, { in: arrived, out }]) => [
    name,
    ...counts(arrived),
    ...counts(out),
  ]);
  const columns = ['Interface', 'Frames in', 'Bytes in', 'Frames out', 'Bytes out'];
  const table = formatTable({ columns, rows: ports, numeric: [1, 2, 3, 4] }, io.out);
  io.out.write(
    `${[...section('frames', 'All'), table, ...section('drops', 'Dropped'), ...section('punts', 'Punted')].join('\n\n')}\n`,
  );
  return 0;
}
