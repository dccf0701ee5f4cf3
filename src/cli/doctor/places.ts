// What the configuration names besides interfaces: network namespaces with TAPs in them, and captures.
import { type Check, type Finding, tapsOf, word } from './finding.ts';

export const checkNamespaces: Check = (model, { host, namespaces }) => {
  if (!host.isLinux) return [];
  const named = new Map<string, string>();
  for (const { netns, place } of tapsOf(model)) {
    if (netns !== undefined && !named.has(netns)) named.set(netns, `${place}.netns`);
  }
  return [...named].flatMap(([netns, place]): Finding[] => {
    if (namespaces.has(netns)) return [];
    const text = `there is no network namespace ${netns}`;
    const command = `ip netns add ${word(netns)} && ip -n ${word(netns)} link set dev lo up`;
    return [{ severity: 'error', check: 'netns', place, text, command }];
  });
};

const sysctlIn = (netns: string, isOwn: boolean) => (isOwn ? 'sysctl' : `ip netns exec ${word(netns)} sysctl`);

/** Replies to what the router itself sends come in by whatever control port the network chooses. */
export const checkReversePath: Check = (model, { namespaces }) => {
  const named = new Set(model.interfaces.flatMap(({ controlPort }) => controlPort?.netns ?? []));
  return [...named].flatMap((netns): Finding[] => {
    const facts = namespaces.get(netns);
    const strict = facts?.inside?.strictReversePath ?? [];
    const place = `${model.interfaces.find(({ controlPort }) => controlPort?.netns === netns)?.path}.controlPort`;
    if (facts !== undefined && facts.inside === undefined) {
      const text = `the namespace ${netns} cannot be entered: its rp_filter, and what is in it, are unknown`;
      return [
        {
          severity: 'note',
          check: 'netns-unseen',
          place,
          text,
          command: `ip netns exec ${word(netns)} sysctl net/ipv4/conf/default/rp_filter`,
        },
      ];
    }
    if (strict.length === 0) return [];
    const text = `rp_filter is strict in ${netns}: its kernel drops what comes in by another control port than it would answer by`;
    const values = strict.map((each) => `net/ipv4/conf/${each}/rp_filter=0`).join(' ');
    return [
      {
        severity: 'warning',
        check: 'rp-filter',
        place,
        text,
        command: `${sysctlIn(netns, facts?.isOwn === true)} -w ${values}`,
      },
    ];
  });
};

export const checkTapNames: Check = (model, facts) =>
  tapsOf(model).flatMap(({ name, netns, place }): Finding[] => {
    const inside = netns === undefined ? facts.linkNames : facts.namespaces.get(netns)?.inside?.links;
    if (inside?.includes(name) !== true) return [];
    // `ip tuntap add` may have made it for us.
    if (netns === undefined && facts.links.get(name)?.isTun === true) return [];
    const where = netns === undefined ? 'here' : `in ${netns}`;
    const text = `there is an interface ${name} ${where} already: another run is under way, or something else has the name`;
    const command =
      netns === undefined ? `ip link del dev ${word(name)}` : `ip -n ${word(netns)} link del dev ${word(name)}`;
    return [{ severity: 'error', check: 'tap-name', place, text, command }];
  });

export const checkCaptures: Check = (model, { captureProblems }) =>
  model.interfaces.flatMap(({ path, device }): Finding[] => {
    if (device?.kind !== 'pcap') return [];
    return (['in', 'out'] as const).flatMap((key): Finding[] => {
      const file = device[key];
      const problem = file === undefined ? undefined : captureProblems.get(file);
      if (file === undefined || problem === undefined) return [];
      const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.';
      const command = key === 'in' ? `ls -l ${word(file)}` : `mkdir -p ${word(folder)} && touch ${word(file)}`;
      return [
        { severity: 'error', check: 'capture', place: `${path}.device.pcap`, text: `${file}: ${problem}`, command },
      ];
    });
  });
