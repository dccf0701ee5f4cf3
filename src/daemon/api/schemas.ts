// What travels over the API, beside the objects of the configuration file: requests, and the rows of its lists.
import { type TProperties, type TSchema, Type } from '@sinclair/typebox';
import {
  BridgeSchema,
  ConfigSchema,
  InterfaceSchema,
  LabelPathSchema,
  LabelSchema,
  NeighborSchema,
  PseudowireSchema,
  RoutePathSchema,
  RouteSchema,
  VrfSchema,
  XconnectSchema,
} from '../../control/config/index.ts';

const optional = Type.Optional;
const strict = (properties: TProperties, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description !== undefined && { description }) });
const row = (properties: TProperties, description: string) => Type.Object(properties, { description });
const choice = (values: readonly string[], description: string) =>
  Type.Union(
    values.map((value) => Type.Literal(value)),
    { description },
  );
const count = (description: string) => Type.Integer({ description, minimum: 0 });
const text = (description: string) => Type.String({ description });

export const versionParameter = Type.Integer({ description: 'Only if this is still the version.', minimum: 0 });
export const sourceParameter = Type.String({
  description: 'Who the entries belong to. Default api.',
  pattern: '^[a-z][a-z0-9-]{0,31}$',
  expected: 'the name of a source, such as api',
});
export const limitMax = 100_000;
export const limitDefault = 1000;
export const pageParameters = {
  limit: optional(
    Type.Integer({ description: `At most so many rows. Default ${limitDefault}.`, minimum: 1, maximum: limitMax }),
  ),
  offset: optional(Type.Integer({ description: 'Rows to leave out first. Default 0.', minimum: 0, maximum: 2 ** 31 })),
};

export const problemSchema = row(
  {
    path: text('Where: changes[3].route.via, a parameter; empty: the request as a whole.'),
    message: text('What is wrong.'),
    line: optional(count('In a body that is text, from 1.')),
    column: optional(count('In a body that is text, from 1.')),
  },
  'One thing that is wrong.',
);
export const errorsSchema = row(
  { errors: Type.Array(problemSchema) },
  'Why it was not done: everything that is wrong.',
);
export const versionSchema = row({ version: count('Of the configuration, after this.') }, 'It is done.');
export const conflictSchema = row({ version: count('That is there now.') }, 'The version has moved.');

const objects = {
  route: { whole: RouteSchema, key: strict({ vrf: optional(text('Absent: global.')), prefix: text('The prefix.') }) },
  label: { whole: LabelSchema, key: strict({ label: Type.Integer() }) },
  neighbor: {
    whole: NeighborSchema,
    key: strict({ interface: text('Its interface.'), address: text('Its address.') }),
  },
  vrf: { whole: withName(VrfSchema), key: strict({ name: text('Its name.') }) },
  interface: { whole: withName(InterfaceSchema), key: strict({ name: text('Its name.') }) },
  pseudowire: { whole: withName(PseudowireSchema), key: strict({ name: text('Its name.') }) },
  bridge: { whole: withName(BridgeSchema), key: strict({ name: text('Its name.') }) },
  xconnect: { whole: XconnectSchema, key: XconnectSchema },
} as const;

function withName(schema: TSchema & { properties: TProperties }): TSchema {
  return Type.Object(
    { name: Type.String({ description: 'Its name.', minLength: 1 }), ...schema.properties },
    {
      additionalProperties: false,
    },
  );
}

/** Every kind of change, as the document shows them. */
const changeSchema = Type.Union(
  Object.entries(objects).flatMap(([kind, { whole, key }]) => [
    strict({ op: Type.Union([Type.Literal('add'), Type.Literal('replace')]), [kind]: whole }),
    strict({ op: Type.Literal('delete'), [kind]: key }),
  ]),
  { description: 'add refuses what is there already, replace does not; delete takes the key alone.' },
);
const changesMax = 1_000_000;
const transactionHead = { version: optional(versionParameter), source: optional(sourceParameter) };
export const transactionSchema = strict(
  { ...transactionHead, changes: Type.Array(changeSchema, { description: 'Made in this order: all or none.' }) },
  'Changes that are judged as a whole and made as a whole.',
);
export const transactionForm = strict({
  ...transactionHead,
  changes: Type.Array(Type.Unknown(), { maxItems: changesMax }),
});

const state = choice(['active', 'unusable', 'waiting'], 'waiting: another source is believed.');
const counted = row({ frames: count('Frames.'), bytes: count('Whole frames, bytes.') }, 'What was counted.');
const owned = {
  source: text('Who it belongs to.'),
  state,
  why: optional(text('Why it is unusable.')),
  stale: optional(Type.Literal(true, { description: 'Its source has not sent it again yet.' })),
  firstPath: optional(count('Number of its first path, as traces name it.')),
  pathCount: optional(count('How many.')),
  counted: optional(counted),
  countedByPath: optional(Type.Array(counted, { description: 'By which of several paths they went.' })),
};
export const routeRow = row(
  {
    vrf: text('The VRF, or global.'),
    prefix: text('The prefix.'),
    ...owned,
    distance: count('Administrative distance of the source.'),
    local: optional(choice(['own', 'broadcast', 'connected'], 'What an interface brings.')),
    interface: optional(text('The interface that brings it.')),
    paths: Type.Array(RoutePathSchema),
  },
  'A route of any source.',
);
export const labelRow = row(
  { label: count('The incoming label.'), ...owned, paths: Type.Array(LabelPathSchema) },
  'An entry of the incoming label map.',
);
export const neighborRow = row(
  {
    interface: text('The interface.'),
    address: text('The address.'),
    mac: optional(text('Absent: not known yet.')),
    static: Type.Boolean(),
    up: Type.Boolean(),
  },
  'A next hop or neighbour.',
);
export const vrfRow = row(
  {
    name: text('Its name.'),
    label: optional(count('Its label; absent: none was left.')),
    interfaces: Type.Array(Type.String()),
    routes: count('Prefixes in its tables, those of interfaces included.'),
    in: optional(counted),
    out: optional(counted),
    config: VrfSchema,
  },
  'A VRF.',
);
const deviceCounts = Type.Record(Type.String(), Type.Integer(), { description: 'What only the device knows.' });
export const interfaceRow = row(
  {
    name: text('Its name.'),
    port: text('Its port.'),
    role: choice(['routed', 'circuit', 'carrier'], 'What it is.'),
    up: Type.Boolean({ description: 'Its port can carry frames.' }),
    complaint: optional(text('Why not, or what is wrong with it.')),
    vrf: optional(text('Absent: the global table.')),
    config: InterfaceSchema,
    in: optional(counted),
    out: optional(counted),
    device: optional(deviceCounts),
    controlPort: optional(deviceCounts),
  },
  'A port or sub-interface; a port counts what its sub-interfaces do, too.',
);
export const pseudowireRow = row(
  {
    name: text('Its name.'),
    up: Type.Boolean({ description: 'There is a way to its peer.' }),
    reason: optional(
      choice(['no-route', 'path-down'], 'Why it is down: nothing leads to the peer, or every path is down.'),
    ),
    role: choice(
      ['active', 'standby', 'unused'],
      'Of a pseudowire and its backup the active one carries frames; unused: nothing has it.',
    ),
    in: optional(counted),
    out: optional(counted),
    config: PseudowireSchema,
  },
  'A pseudowire.',
);
export const bridgeRow = row(
  {
    name: text('Its name.'),
    learned: count('MAC addresses learned.'),
    flooded: optional(
      row({ broadcast: counted, unknown: counted, multicast: counted }, 'What was flooded, once a frame.'),
    ),
    circuits: optional(
      Type.Array(
        row(
          {
            interface: optional(text('This interface,')),
            pseudowire: optional(text('or this pseudowire.')),
            in: optional(counted),
            out: optional(counted),
          },
          'What came out of a circuit into the bridge, and left by it.',
        ),
      ),
    ),
    config: BridgeSchema,
  },
  'A bridge.',
);
export const macRow = row(
  {
    bridge: text('The bridge that knows it.'),
    mac: text('The address.'),
    vlan: optional(count('Where learning is qualified: its VLAN, 0 without a tag.')),
    interface: optional(text('The member that it is behind: this,')),
    pseudowire: optional(text('or this.')),
    static: optional(Type.Literal(true, { description: 'It is configured.' })),
    age: optional(count('Seconds since a frame of it came.')),
  },
  'A MAC address.',
);
export const bindingRow = row(
  {
    label: count('The label.'),
    owner: text('What it stands for: vrf red, vrf red ce 10.1.1.2.'),
    chosen: Type.Boolean({ description: 'Picked by the label manager, not configured.' }),
  },
  'A label and what it stands for.',
);
export const sourceRow = row(
  {
    source: text('Its name: config, api, fpm …'),
    distance: count('Of several sources the one with the smallest is believed.'),
    routes: count('Routes of it, active or waiting.'),
    labels: count('Labels of it, active or waiting.'),
    stale: count('Of both, what is not confirmed since it went away.'),
    adapter: optional(
      row(
        {
          address: text('Where it listens, or whom it is connected to.'),
          connected: Type.Boolean({ description: 'There is a session with the routing engine.' }),
          peer: text("The engine's end of it."),
          sessions: count('Sessions so far.'),
          messages: count('Messages of the engine so far.'),
          changes: count('Changes that they have made.'),
          refused: Type.Record(Type.String(), Type.Integer(), { description: 'What was not taken, by reason.' }),
        },
        'The adapter of a routing engine.',
      ),
    ),
  },
  'Who has put in routes and labels.',
);
const byName = Type.Record(Type.String(), Type.Integer());
export const countersSchema = row(
  {
    frames: Type.Record(Type.String(), Type.Integer(), {
      description: 'in, out, punted, dropped, copied, made, held.',
    }),
    interfaces: Type.Record(Type.String(), row({ in: counted, out: counted }, 'A port.')),
    drops: byName,
    punts: byName,
    devices: Type.Record(Type.String(), deviceCounts),
    seconds: Type.Number(),
    workers: count('Forwarding threads.'),
  },
  'The books of the run: what happened since it began.',
);
export const explainSchema = row(
  { vrf: text('The VRF, or global.'), address: text('The address.'), steps: Type.Array(Type.String()) },
  'The look-up, one step a line, deeper ones indented.',
);
export const healthSchema = row(
  {
    status: choice(['ok', 'stuck'], 'stuck: a forwarding thread has not turned for a while.'),
    version: count('Of the configuration.'),
    name: text('Of the router.'),
    heartbeats: Type.Array(count('Turns.'), { description: 'Of each forwarding thread.' }),
  },
  'Whether it works.',
);
export const staleSchema = row({ source: text('The source.') }, 'What it has is stale until it is sent again.');
export const sweepSchema = row(
  { source: text('The source.'), swept: count('Entries that went.'), version: count('After this.') },
  'What was still stale is gone.',
);
export const flushSchema = row({ flushed: count('Addresses that were forgotten.') }, 'What was learned is forgotten.');
export const loadSchema = row(
  { applied: count('Routes that were put in.'), version: count('After this.') },
  'The lines are in.',
);
export const loadFailureSchema = row(
  { applied: count('Routes that were put in before: they stay.'), errors: Type.Array(problemSchema) },
  'Reading ended at the piece of the stream with these mistakes; of that piece nothing was put in.',
);

/** Objects of the document that have a name there. */
export const namedSchemas: Readonly<Record<string, TSchema>> = {
  Config: ConfigSchema,
  Interface: InterfaceSchema,
  Vrf: VrfSchema,
  Neighbor: NeighborSchema,
  Route: RouteSchema,
  RoutePath: RoutePathSchema,
  Label: LabelSchema,
  LabelPath: LabelPathSchema,
  Pseudowire: PseudowireSchema,
  Xconnect: XconnectSchema,
  Bridge: BridgeSchema,
  Transaction: transactionSchema,
  Change: changeSchema,
  Errors: errorsSchema,
  Problem: problemSchema,
  RouteRow: routeRow,
  LabelRow: labelRow,
  NeighborRow: neighborRow,
  VrfRow: vrfRow,
  InterfaceRow: interfaceRow,
  PseudowireRow: pseudowireRow,
  BridgeRow: bridgeRow,
  MacRow: macRow,
  Binding: bindingRow,
  Source: sourceRow,
  Counters: countersSchema,
};
