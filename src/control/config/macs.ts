// The MAC addresses of the router: which ports must have one, and that no two ports have the same.
import type { Circuits } from './circuits.ts';
import type { ReadInterface } from './interfaces.ts';
import type { World } from './world.ts';

/** Whether anything in the file makes use of a routed interface; a spare port may lie idle without a MAC address. */
function isUsed({ model }: ReadInterface, { drafts }: World): boolean {
  const { addresses, vrf, mpls, bridge, name } = model;
  const isNamed = drafts.neighbors.some(({ value }) => value.interface === name);
  return addresses.length > 0 || vrf !== undefined || bridge !== undefined || mpls || isNamed;
}

/** A routed port or sub-interface without a MAC address could neither send nor be sent to. Once per port. */
function checkMacsDue(interfaces: readonly ReadInterface[], world: World): void {
  const { findings } = world;
  const reported = new Set<string>();
  const ports = new Map(interfaces.filter(({ isPort }) => isPort).map((item) => [item.model.name, item]));
  for (const item of interfaces) {
    const { model, draft } = item;
    const port = ports.get(model.port);
    if (!isUsed(item, world)) continue;
    if (model.role !== 'routed' || model.mac !== undefined || port === undefined || reported.has(model.port)) continue;
    const { place } = port.draft;
    const isDamaged = [place, draft.place].some((at) => findings.touches([...at, 'mac']) || findings.isIncomplete(at));
    if (isDamaged) continue;
    reported.add(model.port);
    findings.report(place, `missing key 'mac': ${model.name} is routed`, 'key');
  }
}

function checkMacsDiffer(interfaces: readonly ReadInterface[], { findings }: World): void {
  const owners = new Map<string, string>();
  const reported = new Set<string>();
  for (const { model, draft } of interfaces) {
    if (model.role !== 'routed' || model.mac === undefined) continue;
    const text = model.mac.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
    const owner = owners.get(text);
    if (owner === undefined) owners.set(text, model.port);
    else if (owner !== model.port && !reported.has(`${model.port} ${text}`)) {
      reported.add(`${model.port} ${text}`);
      const holder = draft.value.mac === undefined ? ['interfaces', model.port] : draft.place;
      findings.report([...holder, 'mac'], `${text} is already the address of port ${owner}`);
    }
  }
}

export function checkMacs(interfaces: readonly ReadInterface[], circuits: Circuits, world: World): void {
  // An interface that a damaged cross-connect or bridge meant to name is not routed.
  if (circuits.areCertain && !world.live) checkMacsDue(interfaces, world);
  if (circuits.areCertain) checkMacsDiffer(interfaces, world);
}
