// The documented example of a configuration, for tests: every section and most keys.
export const exampleYaml = `router:
  name: pe1
  id: 192.0.2.1            # loopback address; source of ICMP errors sent into the core
  id6: 2001:db8::1         # optional
  ttl: uniform
  tc: uniform
  labels: {dynamic: 16-1048575}
  icmp: {rate: 100, burst: 100}
  punt: false
  entropyAtEgress: false
  hashSeed: 1
  hashPayload: true

interfaces:
  ce1:
    mac: 02:00:00:00:01:01
    mtu: 1500
    vrf: red
    addresses: [10.1.1.1/24, 2001:db8:1:1::1/64]
    urpf: strict
  ce2: {mac: 02:00:00:00:01:02}
  ce2.100: {vlan: 100, vrf: blue, addresses: [10.1.1.1/24]}
  ce2.200: {vlan: 200}
  ce3: {}
  ce4: {}
  ce2.300: {outer: 300, vlan: 30, vrf: red, addresses: [10.1.30.1/24]}
  core1:
    mac: 02:00:00:00:01:0f
    mtu: 9000
    mpls: true
    addresses: [10.0.12.1/30, 2001:db8:0:12::1/64]
    acceptLabels: [24001, 24002]
    device: {afpacket: veth-core1}

vrfs:
  red:
    rd: "65000:1"
    import: ["65000:1"]
    export: ["65000:1"]
    label: 24001
    labelMode: per-vrf
    table: 10
  blue: {rd: "65000:2", import: ["65000:2"], export: ["65000:2"], label: 24011}

neighbors:
  - {interface: ce1, address: 10.1.1.2, mac: 02:00:00:00:a1:01}
  - {interface: core1, address: 10.0.12.2, mac: 02:00:00:00:00:02}

routes:
  - {prefix: 192.0.2.2/32, via: 10.0.12.2, labels: [16002]}
  - {prefix: 192.0.2.3/32, via: 10.0.12.2, labels: [16003]}
  - {prefix: 192.0.2.4/32, via: 10.0.12.2, labels: [16004]}
  - {vrf: red, prefix: 10.2.0.0/16, via: 192.0.2.2, labels: [24012]}
  - {vrf: red, prefix: 10.1.2.0/24, via: 10.1.1.2}
  - {vrf: red, prefix: 0.0.0.0/0, table: global}
  - {prefix: 198.51.100.0/24, table: red}
  - {vrf: red, prefix: 10.9.0.0/16, drop: true}
  - {vrf: red, prefix: 10.8.0.0/16, punt: true}
  - vrf: red
    prefix: 10.3.0.0/16
    paths:
      - {via: 192.0.2.2, labels: [24013], weight: 2}
      - {via: 192.0.2.3, labels: [24113]}
      - {via: 192.0.2.4, labels: [24213], backup: true}

labels:
  - {label: 16001, via: 10.0.12.2, labels: [16002]}
  - {label: 16005, via: 10.0.12.2, labels: []}
  - {label: 16007, via: 10.0.12.2, labels: [16008, 17000]}
  - {label: 24001, table: red}
  - {label: 24002, via: 10.1.1.2, vrf: red, payload: ip}
  - {label: 16100, pop: true}
  - {label: 24050, pseudowire: acme}

pseudowires:
  acme: {peer: 192.0.2.2, localLabel: 24050, remoteLabel: 24060, controlWord: true, type: ethernet,
         flowLabel: false, sequencing: false, mtu: 1500}
  lan1-pe2: {peer: 192.0.2.2, localLabel: 24071, remoteLabel: 24081}
  lan1-pe3: {peer: 192.0.2.3, localLabel: 24072, remoteLabel: 24082}
xconnects:
  - [ce2.200, {pseudowire: acme}]
bridges:
  lan1: {interfaces: [ce3, ce4], pseudowires: [lan1-pe2, lan1-pe3], ageing: 300, macLimit: 4096}
`;

/** Every problem of a text as \`line:column path: message\`, in order; none if it is in order. */
export function problemLines(error: unknown): string[] {
  return (error as Error).message.split('\n').map((line) => line.replace(/^x\.yaml:/, ''));
}
