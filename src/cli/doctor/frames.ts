// What frames look like on attached interfaces: merged or unfinished by offloads, or too long for the device or for the labels
// that they get.
import type { InterfaceModel, RouterModel } from '../../control/model.ts';
import type { LinkFacts } from '../../io/linux/facts.ts';
import { type Attached, attachedLinks, type Check, count, type Facts, type Finding, word } from './finding.ts';

const at = ({ place }: Attached, finding: Omit<Finding, 'place'>): Finding => ({ ...finding, place });

/** Whether a host's own packets, or those it bridges or forwards, leave by this end of a veth. */
function isUsedByHost({ addresses, master, forwards4 }: LinkFacts): boolean {
  return addresses.length > 0 || master !== undefined || forwards4;
}

function checkPeer(each: Attached & { readonly link: LinkFacts }, facts: Facts): Finding[] {
  const { peer } = each.link;
  if (peer === undefined) return [];
  if (peer === 'elsewhere') {
    const text = `the other end of ${each.name} is in another network namespace and cannot be seen: if a host sends there, its offloads make frames of 65 kB and leave checksums unfinished, which costs time here`;
    const command = 'ip netns exec NAMESPACE ethtool -K PEER tx off';
    return [at(each, { severity: 'note', check: 'peer-unseen', text, command })];
  }
  const other = facts.links.get(peer.name);
  const offloads = other?.card?.offloads;
  if (other === undefined || offloads === undefined || !isUsedByHost(other)) return [];
  const on = (['tx', 'tso', 'gso'] as const).filter((key) => offloads[key]);
  // Without tx checksums there is no segmentation offload either, whatever gso says.
  if (!offloads.tx) return [];
  const text = `${peer.name}, the other end of ${each.name}, has offloads on (${on.join(', ')}): what this host sends there arrives in frames of up to 65 kB with unfinished checksums, to be cut and finished here`;
  return [
    at(each, { severity: 'warning', check: 'peer-offload', text, command: `ethtool -K ${word(peer.name)} tx off` }),
  ];
}

export const checkOffloads: Check = (model, facts) =>
  attachedLinks(model, facts).flatMap((each): Finding[] => {
    const offloads = each.link.card?.offloads;
    // A veth merges only what goes through XDP.
    const isVeth = each.link.card?.driver === 'veth';
    const on = (['gro', 'lro'] as const).filter((key) => offloads?.[key] === true && !isVeth);
    const findings = checkPeer(each, facts);
    if (on.length === 0) return findings;
    const text = `${each.name} merges arriving frames of a flow into longer ones (${on.join(', ')})`;
    const command = `ethtool -K ${word(each.name)} ${on.map((key) => `${key} off`).join(' ')}`;
    return [at(each, { severity: 'warning', check: 'offload', text, command }), ...findings];
  });

const twoTagsBytes = 8;
const labelBytes = 4;

/** What tags add to the length that the kernel judges: it gives a frame that begins with 802.1Q its 4 bytes for nothing, any other not. */
const tagsOf = ({ outer }: InterfaceModel): number => (outer === undefined ? 0 : twoTagsBytes);

/** The longest that leaves a port behind its Ethernet header: tags, and the mtu, which has the labels in it. */
function payloadMax(model: RouterModel, port: string): number {
  return Math.max(...model.interfaces.filter((each) => each.port === port).map((each) => each.mtu + tagsOf(each)));
}

/** Of interfaces that customers are on, and whose packets get labels: the largest mtu. */
function customerMtu(model: RouterModel): { readonly name: string; readonly mtu: number } | undefined {
  const customers = model.interfaces.filter(({ role, mpls }) => role === 'routed' && !mpls);
  return customers.reduce<InterfaceModel | undefined>((a, b) => (a === undefined || b.mtu > a.mtu ? b : a), undefined);
}

/** How long a frame of port may be so that a full packet of a customer fits with its labels; undefined: it does. */
function labelShortage(model: RouterModel, port: InterfaceModel, labels: number) {
  const customer = customerMtu(model);
  if (customer === undefined || labels === 0) return undefined;
  const needed = customer.mtu + labelBytes * labels;
  const core = model.interfaces.filter((each) => each.port === port.name && each.mpls);
  const short = core.find((each) => each.mtu < needed);
  return short === undefined ? undefined : { short, needed, customer };
}

export const checkMtu: Check = (model, facts) =>
  attachedLinks(model, facts).flatMap((each): Finding[] => {
    const { name, link, port } = each;
    const labels = facts.labelsMax.get(port.name) ?? 0;
    const shortage = labelShortage(model, port, labels);
    const configured = payloadMax(model, port.name);
    const wanted = Math.max(configured, shortage === undefined ? 0 : shortage.needed + tagsOf(shortage.short));
    const command = `ip link set dev ${word(name)} mtu ${wanted}`;
    const findings: Finding[] = [];
    if (link.mtu < configured) {
      const text = `${name} takes ${link.mtu} bytes behind the Ethernet header, and the configuration sends up to ${configured}: longer frames are lost`;
      findings.push(at(each, { severity: 'warning', check: 'mtu', text, command }));
    }
    if (shortage !== undefined) {
      const { short, needed, customer } = shortage;
      const text = `a packet of ${customer.mtu} bytes from ${customer.name} gets up to ${count(labels, 'label')} and does not fit into the mtu of ${short.name}, ${short.mtu}: it is fragmented or refused, unless ${short.path}.mtu is ${needed}`;
      const both = link.mtu < wanted ? ` && ${command}` : '';
      findings.push({
        severity: 'warning',
        check: 'label-mtu',
        place: `${short.path}.mtu`,
        text,
        command: `\${EDITOR:-vi} ${word(facts.configFile)}${both}`,
      });
    }
    return findings;
  });
