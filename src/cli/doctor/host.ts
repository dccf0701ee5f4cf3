// The machine and the process: the system, packages, rights, locked memory and what the kernel must offer.
import type { RouterModel } from '../../control/model.ts';
import { type Capability, hasCapability } from '../../io/linux/host-facts.ts';
import { attachedPorts, type Check, count, type Facts, type Finding, tapsOf, word } from './finding.ts';

const kindsOf = (model: RouterModel) => new Set(model.interfaces.map(({ device }) => device?.kind));

/** Whether the run has to make calls to the C library. */
function needsLibc(model: RouterModel): boolean {
  return kindsOf(model).has('afpacket') || tapsOf(model).length > 0;
}

const host = (finding: Omit<Finding, 'place'>): Finding => ({ ...finding, place: '' });

export const checkSystem: Check = (model, { host: { isLinux, hasKoffi, capProblem }, configFile }) => {
  const findings: Finding[] = [];
  if (needsLibc(model) && !isLinux) {
    const text = 'afpacket, tap and control ports need Linux; other systems have {cap: NAME} devices, and captures';
    const command = `shimline replay -c ${word(configFile)} -i PORT=FILE -o out`;
    findings.push(host({ severity: 'error', check: 'system', text, command }));
  } else if (needsLibc(model) && !hasKoffi) {
    const text = 'the package koffi, by which the C library is called, is not installed or does not load';
    findings.push(host({ severity: 'error', check: 'koffi', text, command: 'npm install koffi' }));
  }
  if (kindsOf(model).has('cap') && capProblem === 'missing') {
    const text = 'the package cap, which cap devices need, is not installed (it is built against libpcap)';
    const command = 'apt-get install -y build-essential libpcap-dev && npm install cap';
    findings.push(host({ severity: 'error', check: 'cap', text, command }));
  } else if (kindsOf(model).has('cap') && capProblem === 'libpcap') {
    const text = 'the package cap is there and does not load: libpcap is missing, or it was built for another Node';
    const command = 'apt-get install -y build-essential libpcap-dev && npm rebuild cap';
    findings.push(host({ severity: 'error', check: 'libpcap', text, command }));
  }
  return findings;
};

/** Capabilities that the configuration calls for, each with what for. */
function neededCapabilities(model: RouterModel, facts: Facts): Map<Capability, string> {
  const needed = new Map<Capability, string>();
  const taps = tapsOf(model);
  if (attachedPorts(model).length > 0) needed.set('CAP_NET_RAW', 'packet sockets');
  if (taps.length > 0) needed.set('CAP_NET_ADMIN', 'TAPs');
  const others = taps.filter(({ netns }) => netns !== undefined && facts.namespaces.get(netns)?.isOwn !== true);
  if (others.length > 0) needed.set('CAP_SYS_ADMIN', 'work in another network namespace');
  return needed;
}

export const checkCapabilities: Check = (model, facts) => {
  const needed = neededCapabilities(model, facts);
  const missing = [...needed].filter(([name]) => !hasCapability(facts.host, name));
  if (!facts.host.isLinux || missing.length === 0) return [];
  const list = missing.map(([name, purpose]) => `${name} (${purpose})`).join(', ');
  const added = [...needed.keys()].map((name) => `+${name.replace('CAP_', '').toLowerCase()}`).join(',');
  const user = '--reuid "$(id -u USER)" --regid "$(id -g USER)" --init-groups';
  const hint = needed.has('CAP_SYS_ADMIN') ? '; started inside that namespace, the run needs no CAP_SYS_ADMIN' : '';
  const text = `missing ${missing.length === 1 ? 'capability' : 'capabilities'}: ${list}${hint}`;
  const command = `sudo setpriv ${user} --inh-caps ${added} --ambient-caps ${added} shimline run -c ${word(facts.configFile)}`;
  return [host({ severity: 'error', check: 'capability', text, command })];
};

/** Chunks of 2 KiB, 4096 of them: the memory that frames leave from, for each port. */
const umemBytes = 4096 * 2048;

export const checkLockedMemory: Check = (model, { host: facts }) => {
  const ports = [...model.interfaces].filter(({ device }) => device?.kind === 'afpacket').length;
  const needed = ports * umemBytes;
  if (!facts.isLinux || hasCapability(facts, 'CAP_IPC_LOCK') || facts.lockedBytesMax >= needed) return [];
  const kib = (bytes: number) => `${Math.ceil(bytes / 1024)} KiB`;
  const have = kib(facts.lockedBytesMax);
  const text = `AF_XDP rings of ${count(ports, 'port')} lock ${kib(needed)} of memory, and the limit is ${have}: ports beyond it send more slowly, by sendmmsg (in a unit of systemd: LimitMEMLOCK=${needed})`;
  const command = `prlimit --pid $$ --memlock=${needed}:${needed}`;
  return [host({ severity: 'warning', check: 'memlock', text, command })];
};

export const checkKernel: Check = (model, { host: facts }) => {
  const findings: Finding[] = [];
  const isRing = kindsOf(model).has('afpacket');
  if (isRing && facts.hasPacketSockets === false) {
    const text = 'the kernel has no packet sockets (CONFIG_PACKET)';
    findings.push(host({ severity: 'error', check: 'packet', text, command: 'modprobe af_packet' }));
  }
  if (isRing && facts.hasXdpSockets === false) {
    const text =
      'the kernel has no AF_XDP sockets (CONFIG_XDP_SOCKETS): frames leave more slowly, by sendmmsg, until a kernel with them is booted';
    const command = 'grep XDP_SOCKETS /boot/config-*';
    findings.push(host({ severity: 'warning', check: 'xdp', text, command }));
  }
  if (facts.isLinux && tapsOf(model).length > 0 && facts.tun !== 'usable') {
    const isMissing = facts.tun === 'missing';
    const text = isMissing
      ? 'TAPs need /dev/net/tun, which is not there'
      : '/dev/net/tun may not be opened by this user';
    const command = isMissing ? 'modprobe tun' : 'chmod 0666 /dev/net/tun';
    findings.push(host({ severity: 'error', check: 'tun', text, command }));
  }
  return findings;
};
