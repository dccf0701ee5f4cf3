// What the demo has to say: the picture of the lab, and a few words about each packet whose story it tells.
import type { Highlight } from './traffic.ts';

export const labMap = `\
                        ┌─────┐               ┌───┐                    ┌─────┐
  red site 1 ─── ce-red ┤     │               │   ├ to-pe2a ─── core-a ┤     ├ ce-red ─── red site 2
                        │ PE1 ├ core ─ to-pe1 ┤ P │                    │ PE2 ├ internet
  blue site 1 ─ ce-blue ┤     │               │   ├ to-pe2b ─── core-b ┤     ├ ce-blue ── blue site 2
                        └─────┘               └───┘                    └─────┘
  10.1.0.0/16, both of them                                             10.2.0.0/16, both of them`;

export interface Chapter {
  readonly highlight: Highlight;
  readonly title: string;
  readonly text: string;
  /** The way of an ICMP error hop by hop, not only its end. */
  readonly errorInFull?: boolean;
}

export const chapters: readonly Chapter[] = [
  {
    highlight: 'red voice',
    title: 'A call of red, from site 1 to site 2',
    text: "The port it comes in on makes it red's. PE1 finds the prefix in red's own table and pushes two labels: 24201 is \
what PE2 calls red, 16002 above it is the way to PE2. P reads the upper one only. DSCP 46 (EF) becomes traffic class 5 \
in the labels, so that the core gives the call priority without looking at IP.",
  },
  {
    highlight: 'blue ping',
    title: 'The same addresses, another customer',
    text: "Blue comes in by VLAN 100 and leaves by VLAN 200; in between, 24202 instead of 24201 is all that keeps it from red. \
Blue's labels start at TTL 255 (`ttl: pipe`), and a flow number under indicator 7 lets P balance without reading IP.",
  },
  {
    highlight: 'red ping6',
    title: 'IPv6 over a core that has never heard of it (6VPE)',
    text: 'The same two labels. P and the links between the routers have IPv4 addresses only.',
  },
  {
    highlight: 'red traceroute',
    title: "A probe of red's traceroute ends inside the core",
    text: 'P may not send the error back: it has no route to any customer. It puts the error under the labels that the probe \
came with, fresh TTLs on top, and lets it go on to PE2, which knows red. PE1 asked for explicit null (label 0), so P swaps.',
    errorInFull: true,
  },
  {
    highlight: 'too big',
    title: '1500 bytes and a label do not fit 1500 bytes',
    text: 'Somebody forgot the MTU of two links. With "do not fragment" set, P says how much would have fitted: 1500 less one label.',
  },
  {
    highlight: 'web answer',
    title: 'The Internet answers red',
    text: "Red's default route leads from red's table to the global one and out at PE2. The answer comes back in the global \
table: one transport label and no VPN label; at PE1 a global route leads it into red's table. Blue has no such routes.",
  },
  {
    highlight: 'attack',
    title: 'Somebody on the Internet guesses a VPN label',
    text: "24201 would lead into red's network. But labels are taken from the core only.",
  },
];
