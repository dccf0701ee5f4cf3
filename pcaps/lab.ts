// The lab on paper: its three routers, the cables between them, and the sites where customers and the Internet are
// attached. The routers' own side of it is in lab/*.yaml.
import { fileURLToPath } from 'node:url';

/** From left to right, as they are drawn. */
export const routerNames = ['pe1', 'p', 'pe2'] as const;
export type RouterName = (typeof routerNames)[number];

export interface Port {
  readonly router: RouterName;
  readonly port: string;
}

export interface Cable {
  readonly ends: readonly [Port, Port];
  /** How long a frame is on its way, microseconds. */
  readonly delay: number;
}

/** Five milliseconds, about a thousand kilometres of fibre: enough to see in a traceroute. */
const coreDelay = 5000;

export const cables: readonly Cable[] = [
  {
    ends: [
      { router: 'pe1', port: 'core' },
      { router: 'p', port: 'to-pe1' },
    ],
    delay: coreDelay,
  },
  {
    ends: [
      { router: 'p', port: 'to-pe2a' },
      { router: 'pe2', port: 'core-a' },
    ],
    delay: coreDelay,
  },
  {
    ends: [
      { router: 'p', port: 'to-pe2b' },
      { router: 'pe2', port: 'core-b' },
    ],
    delay: coreDelay,
  },
];

export interface Site extends Port {
  /** The customer's (or the Internet's) own router, and the provider's port it is plugged into. */
  readonly ceMac: string;
  readonly peMac: string;
  readonly vlan?: number;
  /** Every packet of a customer has this in its payload. */
  readonly mark: string;
  /** Name of its capture in lab/: what arrives from the site. */
  readonly capture: string;
}

export const sites = {
  'red site 1': {
    router: 'pe1',
    port: 'ce-red',
    ceMac: '02:0a:00:00:01:01',
    peMac: '02:01:00:00:00:01',
    mark: '[red]',
    capture: 'red-site-1.pcap',
  },
  'blue site 1': {
    router: 'pe1',
    port: 'ce-blue',
    ceMac: '02:0b:00:00:01:01',
    peMac: '02:01:00:00:00:02',
    vlan: 100,
    mark: '[blue]',
    capture: 'blue-site-1.pcap',
  },
  'red site 2': {
    router: 'pe2',
    port: 'ce-red',
    ceMac: '02:0a:00:00:02:01',
    peMac: '02:02:00:00:00:01',
    mark: '[red]',
    capture: 'red-site-2.pcap',
  },
  'blue site 2': {
    router: 'pe2',
    port: 'ce-blue',
    ceMac: '02:0b:00:00:02:01',
    peMac: '02:02:00:00:00:02',
    vlan: 200,
    mark: '[blue]',
    capture: 'blue-site-2.pcap',
  },
  internet: {
    router: 'pe2',
    port: 'internet',
    ceMac: '02:0e:00:00:00:01',
    peMac: '02:02:00:00:00:03',
    mark: '[web]',
    capture: 'internet.pcap',
  },
} as const satisfies Record<string, Site>;

export type SiteName = keyof typeof sites;
export const siteNames = Object.keys(sites) as readonly SiteName[];

export const siteOf = (name: SiteName): Site => sites[name];

/** The site behind a router's port, if there is one. */
export const siteAt = (router: RouterName, port: string): SiteName | undefined =>
  siteNames.find((name) => sites[name].router === router && sites[name].port === port);

/** The captures and configurations that come with the project. */
export const labPath = (file: string): string => fileURLToPath(new URL(`lab/${file}`, import.meta.url));

/** `-i ce-red=pcaps/lab/red-site-1.pcap`, as the command line wants it. */
export const inputOption = (site: SiteName): string => `-i ${siteOf(site).port}=pcaps/lab/${siteOf(site).capture}`;
