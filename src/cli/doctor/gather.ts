// The facts that the doctor judges, gathered once for the interfaces, namespaces and files that a configuration names.
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { GroupPlan } from '../../control/compile/plan.ts';
import type { RouterModel } from '../../control/model.ts';
import { type CompiledRouter, compileRouter } from '../../control/router.ts';
import { systemCode } from '../../io/io-error.ts';
import {
  isSysfsOwn,
  type LinkFacts,
  linkNames,
  type NamespaceFacts,
  readLink,
  readNamespace,
} from '../../io/linux/facts.ts';
import { readHost } from '../../io/linux/host-facts.ts';
import { type Facts, interfaceOf, tapsOf } from './finding.ts';

function gatherLinks(model: RouterModel): Map<string, LinkFacts> {
  const links = new Map<string, LinkFacts>();
  if (!isSysfsOwn()) return links;
  const add = (name: string | undefined): LinkFacts | undefined => {
    const link = name === undefined ? undefined : readLink(name);
    if (link !== undefined) links.set(link.name, link);
    return link;
  };
  for (const { device } of model.interfaces) {
    const peer = add(interfaceOf(device))?.peer;
    if (typeof peer === 'object' && !links.has(peer.name)) add(peer.name);
    if (device?.kind === 'tap' && device.netns === undefined) add(device.name);
  }
  return links;
}

function gatherNamespaces(model: RouterModel): Map<string, NamespaceFacts> {
  const names = new Set(tapsOf(model).flatMap(({ netns }) => netns ?? []));
  return new Map(
    [...names].flatMap((name) => {
      const facts = readNamespace(name);
      return facts === undefined ? [] : [[name, facts]];
    }),
  );
}

function accessProblem(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? 'no such file or folder' : 'permission denied';
  }
}

function gatherCaptureProblems(model: RouterModel): Map<string, string> {
  const problems = new Map<string, string>();
  for (const { device } of model.interfaces) {
    if (device?.kind !== 'pcap') continue;
    const inProblem = device.in === undefined ? undefined : accessProblem(device.in, constants.R_OK);
    if (device.in !== undefined && inProblem !== undefined) problems.set(device.in, inProblem);
    if (device.out === undefined) continue;
    const target = existsSync(device.out) ? device.out : dirname(device.out);
    const outProblem = accessProblem(target, constants.W_OK);
    if (outProblem !== undefined) problems.set(device.out, outProblem);
  }
  return problems;
}

/** Entropy label indicator and entropy label. */
const entropyLabels = 2;

/** The most labels that are pushed on the way to each port, along every path of every route. */
function gatherLabels({ resolver, model }: CompiledRouter): Map<string, number> {
  const most = new Map<string, number>();
  const walk = (group: GroupPlan, pushed: number): void => {
    for (const { target, pushes, entropy } of group.legs) {
      const labels = pushed + pushes.length + (entropy ? entropyLabels : 0);
      if (target.kind === 'group') walk(target.group, labels);
      if (target.kind !== 'adjacency') continue;
      const plan = resolver.adjacencies[target.adjacency];
      const port = plan === undefined ? undefined : model.interfaces[plan.interface]?.port;
      if (port !== undefined) most.set(port, Math.max(labels, most.get(port) ?? 0));
    }
  };
  for (const group of resolver.groups.all) walk(group, 0);
  return most;
}

/** Throws what compiling throws: a configuration that cannot be run at all. */
export function gatherFacts(model: RouterModel, configFile: string): Facts {
  const router = compileRouter(model);
  return {
    configFile,
    host: readHost(),
    isSysfsOwn: isSysfsOwn(),
    linkNames: linkNames(),
    links: gatherLinks(model),
    namespaces: gatherNamespaces(model),
    captureProblems: gatherCaptureProblems(model),
    labelsMax: gatherLabels(router),
  };
}
