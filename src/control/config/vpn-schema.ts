// The grammar of what routing adapters are told: route targets, prefix lists and leaks of a VRF, and the `gobgp` section.
// A part of schema.ts, which puts it in its place.
import { type Static, type TObject, type TProperties, Type } from '@sinclair/typebox';
import type { Annotations } from './schema.ts';

const optional = Type.Optional;

function strict<T extends TProperties>(properties: T, options: Annotations & { description: string }): TObject<T> {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

export const routeTarget = Type.String({
  pattern: '^([0-9]{1,10}|[0-9]{1,3}(\\.[0-9]{1,3}){3}):[0-9]{1,10}$',
  expected: 'ASN:NUMBER or IPV4:NUMBER, such as "65000:1"',
});

const targets = (description: string) => Type.Array(routeTarget, { description, quotable: true });
const prefixText = (description: string) =>
  Type.String({ description, expected: 'a prefix such as 10.1.0.0/16 or 2001:db8::/32' });
const lengthOf = (description: string) => Type.Integer({ description, minimum: 0, maximum: 128 });

const prefixRule = strict(
  {
    permit: optional(prefixText('The prefix, and with ge or le what lies within it, passes.')),
    deny: optional(prefixText('The prefix, and with ge or le what lies within it, does not pass.')),
    ge: optional(lengthOf('Prefix lengths from this one. Default: that of the prefix.')),
    le: optional(lengthOf('Prefix lengths up to this one. Default: with ge the longest, else that of the prefix.')),
  },
  { description: 'A line of a prefix list.' },
);

const prefixList = (description: string) => Type.Array(prefixRule, { description });

/** `import` of a VRF: targets alone, or with a prefix list. */
export const importSchema = Type.Union(
  [
    targets('Route targets.'),
    strict(
      {
        targets: optional(targets('Route targets that are imported.')),
        prefixes: optional(
          prefixList('Which prefixes are imported: the first line that matches decides, none refuses. Absent: all.'),
        ),
      },
      { description: 'Route targets with a policy.' },
    ),
  ],
  {
    description: 'Route targets that routing adapters import.',
    expected: 'a list of route targets or {targets: […], prefixes: […]}',
  },
);

const ownRoutes = Type.Union([Type.Literal('connected'), Type.Literal('static')]);

/** `export` of a VRF. */
export const exportSchema = Type.Union(
  [
    targets('Route targets.'),
    strict(
      {
        targets: optional(targets('Route targets that exported routes carry.')),
        prefixes: optional(
          prefixList('Which prefixes are exported: the first line that matches decides, none refuses. Absent: all.'),
        ),
        local: optional(
          Type.Array(ownRoutes, {
            description: "Routes of the VRF's own that are exported beside those of its CEs. Default none.",
          }),
        ),
      },
      { description: 'Route targets with a policy.' },
    ),
  ],
  {
    description: 'Route targets that routing adapters export.',
    expected: 'a list of route targets or {targets: […], prefixes: […], local: […]}',
  },
);

const tableName = (description: string) =>
  Type.String({ description, expected: 'the name of a VRF, or global', quotable: true, minLength: 1 });

export const leakSchema = Type.Array(
  strict(
    {
      to: optional(tableName("The table that gets this VRF's routes.")),
      from: optional(tableName('The table whose routes this VRF gets.')),
      prefixes: optional(
        prefixList('Which prefixes are leaked: the first line that matches decides, none refuses. Absent: all.'),
      ),
    },
    { description: 'Routes that go from one table to another.' },
  ),
  { description: 'Routes of routing adapters that go to other tables or come from there.' },
);

export const GobgpSchema = strict(
  {
    address: optional(
      Type.String({
        description: 'Where gobgpd takes gRPC calls, ADDRESS:PORT or unix:PATH. Default 127.0.0.1:50051.',
        pattern: '^(unix:/.{1,99}|(\\[[0-9A-Fa-f:.]+\\]|(?!unix:)[0-9A-Za-z.-]+):[0-9]{1,5})$',
        expected: 'ADDRESS:PORT or unix:PATH, such as 127.0.0.1:50051',
      }),
    ),
    nextHop: optional(
      Type.String({
        description: 'Next hop of what is exported. Default router.id.',
        expected: 'an address such as 192.0.2.1 or 2001:db8::1',
      }),
    ),
    staleSeconds: optional(
      Type.Integer({
        description: 'How long routes of a gobgpd that is gone, or starts anew, are kept. Default 180.',
        minimum: 0,
        maximum: 86400,
      }),
    ),
    pathsMax: optional(
      Type.Integer({
        description: 'Paths that are taken from gobgpd at most. Default 2000000.',
        minimum: 1,
        maximum: 4_000_000,
      }),
    ),
  },
  { description: 'Live runs: routes of VPNs and labels from GoBGP, and those of CEs to it.' },
);

export type PrefixRuleConfig = Static<typeof prefixRule>;
export type LeakConfig = Static<typeof leakSchema>;
export type ImportConfig = Static<typeof importSchema>;
export type ExportConfig = Static<typeof exportSchema>;
export type GobgpConfig = Static<typeof GobgpSchema>;
