// The interfaces that ports are attached to: whether they are there, and whether anybody else acts on what arrives: a bridge,
// the kernel's own addresses, its forwarding, another process.
import { nearest } from '../nearest.ts';
import { type Attached, attachedLinks, attachedPorts, type Check, type Finding, word } from './finding.ts';

const at = ({ place }: Attached, finding: Omit<Finding, 'place'>): Finding => ({ ...finding, place });

export const checkPresence: Check = (model, facts) => {
  if (!facts.host.isLinux) return [];
  const ports = attachedPorts(model);
  const missing = ports.filter(({ name }) => !facts.links.has(name));
  if (!facts.isSysfsOwn && ports.length > 0) {
    const text = '/sys shows the interfaces of another network namespace, so nothing can be said about ours';
    const command = `ip netns exec NAMESPACE shimline doctor -c ${word(facts.configFile)}`;
    return [{ severity: 'warning', check: 'sysfs', place: '', text, command }];
  }
  return missing.map((each) => {
    const text = `no interface ${each.name} in this network namespace${nearest(each.name, facts.linkNames)}`;
    const command = 'ip link show';
    return at(each, { severity: 'error', check: 'missing', text, command });
  });
};

export const checkState: Check = (model, facts) =>
  attachedLinks(model, facts).flatMap((each): Finding[] => {
    const { name, link } = each;
    if (!link.isUp) {
      const text = `${name} is down: nothing arrives and nothing leaves`;
      return [at(each, { severity: 'error', check: 'down', text, command: `ip link set dev ${word(name)} up` })];
    }
    if (link.hasCarrier) return [];
    const peer = typeof link.peer === 'object' ? link.peer.name : undefined;
    const text = `${name} has no carrier: the other end is down, and so is the port until it comes up`;
    const command = peer === undefined ? `ip -d link show dev ${word(name)}` : `ip link set dev ${word(peer)} up`;
    return [at(each, { severity: 'warning', check: 'carrier', text, command })];
  });

export const checkUsers: Check = (model, facts) =>
  attachedLinks(model, facts).flatMap((each): Finding[] => {
    const { name, link } = each;
    const findings: Finding[] = [];
    if (link.master !== undefined) {
      const text = `${name} is a member of ${link.master}, which forwards what arrives as well`;
      const command = `ip link set dev ${word(name)} nomaster`;
      findings.push(at(each, { severity: 'error', check: 'master', text, command }));
    }
    for (const upper of link.uppers) {
      const text = `the kernel has ${upper} on top of ${name} and takes frames from it as well`;
      findings.push(at(each, { severity: 'warning', check: 'upper', text, command: `ip link del dev ${word(upper)}` }));
    }
    if (link.listeners.length > 0) {
      const text = `a packet socket is open on ${name}: ${link.listeners.join(', ')}; if that is another run, it answers and forwards too`;
      const pid = /\((\d+)\)/.exec(link.listeners[0] ?? '')?.[1];
      const command = pid === undefined ? 'ss -0pn' : `ps -fp ${pid}`;
      findings.push(at(each, { severity: 'warning', check: 'in-use', text, command }));
    }
    return findings;
  });

export const checkAddresses: Check = (model, facts) =>
  attachedLinks(model, facts).flatMap((each): Finding[] => {
    const { name, link } = each;
    const findings: Finding[] = [];
    if (link.addresses.length > 0) {
      const text = `the kernel has ${link.addresses.join(', ')} on ${name} and answers ARP, neighbour discovery and echo as well`;
      const command = `ip addr flush dev ${word(name)}`;
      findings.push(at(each, { severity: 'warning', check: 'address', text, command }));
    }
    if (link.hasIpv6) {
      const text = `IPv6 is on for ${name}: the kernel sends router solicitations and reports of its own from there, and takes addresses from advertisements`;
      const command = `sysctl -w ${word(`net/ipv6/conf/${name}/disable_ipv6=1`)}`;
      findings.push(at(each, { severity: 'warning', check: 'ipv6', text, command }));
    }
    return findings;
  });

const macText = (mac: readonly number[]) => mac.map((byte) => byte.toString(16).padStart(2, '0')).join(':');

/** What is sent to another MAC address than the device's is not the kernel's to forward. */
function sharesMac(each: Attached, deviceMac: string, macs: readonly (readonly number[] | undefined)[]): boolean {
  return macs.some((mac) => mac === undefined || macText(mac) === deviceMac) || each.port.mac === undefined;
}

export const checkForwarding: Check = (model, facts) =>
  attachedLinks(model, facts).flatMap((each): Finding[] => {
    const { name, link, port } = each;
    const own = model.interfaces.filter((other) => other.port === port.name).map(({ mac }) => mac);
    if (!sharesMac(each, link.mac, own)) return [];
    const keys = [
      link.forwards4 && `net/ipv4/conf/${name}/forwarding`,
      link.forwards6 && link.hasIpv6 && `net/ipv6/conf/${name}/forwarding`,
      link.forwardsMpls && `net/mpls/conf/${name}/input`,
    ].filter((key) => key !== false);
    if (keys.length === 0) return [];
    const text = `the kernel forwards what arrives on ${name}, so that packets may go on twice`;
    const command = `sysctl -w ${keys.map((key) => word(`${key}=0`)).join(' ')}`;
    return [at(each, { severity: 'warning', check: 'forwarding', text, command })];
  });
