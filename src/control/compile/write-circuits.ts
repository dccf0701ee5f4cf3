// Circuits, pseudowires, bridges and static MAC addresses, from the plan to words. The paths and interfaces must have been
// written.
import {
  BridgeFlag,
  bridgeWords,
  CircuitKind,
  circuitWords,
  Pseudowire,
  pseudowireWords,
} from '../../tables/circuits.ts';
import { Interface, interfaceWords, portWords } from '../../tables/interfaces.ts';
import { wireBottom, wireLabel } from '../../tables/labels.ts';
import { fixedMac } from '../../tables/macs.ts';
import type { Tables } from '../../tables/tables.ts';
import type { PseudowireModel, RouterModel } from '../model.ts';
import type { CircuitPlan, Layer2Plan, PseudowirePlan } from './plan-circuits.ts';
import { macWords } from './write-interfaces.ts';
import { flatLegOf } from './write-paths.ts';

/** TTL 255 in a stack entry as a little-endian machine reads it. */
const fullTtl = 0xff000000;

function pseudowireFlags({ controlWord, type, flowLabel, sequencing }: PseudowireModel): number {
  return (
    (controlWord ? Pseudowire.controlWord : 0) |
    (type === 'ethernet-vlan' ? Pseudowire.tagged : 0) |
    (flowLabel ? Pseudowire.flowLabel : 0) |
    // Numbers have their place in the control word.
    (sequencing && controlWord ? Pseudowire.sequencing : 0)
  );
}

function stormWord(rate: number | undefined): number {
  return rate === undefined ? 0 : rate + 1;
}

function writeCircuit(words: Uint32Array, number: number, plan: CircuitPlan): void {
  const { kind, argument, service, other, group, storm } = plan;
  words.set(
    [
      kind,
      argument,
      service,
      other,
      group,
      stormWord(storm.broadcast),
      stormWord(storm.unknown),
      stormWord(storm.multicast),
    ],
    number * circuitWords,
  );
}

function writePseudowire(tables: Tables, index: number, plan: PseudowirePlan, circuits: readonly CircuitPlan[]): void {
  const { model, circuit, group, backup } = plan;
  const flow = model.flowLabel ? 0 : wireBottom;
  tables.circuits.pseudowires.set(
    [
      pseudowireFlags(model),
      circuit,
      group?.index ?? 0,
      model.remoteLabel,
      model.mtu,
      backup + 1,
      0,
      1,
      (wireLabel(model.remoteLabel) | flow | fullTtl) >>> 0,
      flatLegOf(tables.paths, group),
      model.localLabel,
      circuits[circuit - 1]?.vid ?? 0,
    ],
    index * pseudowireWords,
  );
}

export function writeLayer2(tables: Tables, model: RouterModel, plan: Layer2Plan): void {
  const { circuits, bridges, members } = tables.circuits;
  const { interfaces, ports } = tables.interfaces;
  for (const [i, each] of plan.circuits.entries()) writeCircuit(circuits, i + 1, each);
  for (const [index, each] of plan.pseudowires.entries()) writePseudowire(tables, index, each, plan.circuits);
  let nextMember = 0;
  for (const [bridge, list] of plan.members.entries()) {
    const { ageingSeconds, macLimit, learning } = model.bridges[bridge] as (typeof model.bridges)[number];
    const flags = learning === 'qualified' ? BridgeFlag.qualified : 0;
    bridges.set([nextMember, list.length, ageingSeconds, Math.min(macLimit, 0xffffffff), flags], bridge * bridgeWords);
    members.set(list, nextMember);
    nextMember += list.length;
  }
  for (const { bridge, mac, circuit, vlan } of plan.macs) {
    const [first, last] = macWords(mac);
    const high = ((bridge << 16) | first) >>> 0;
    if (tables.macs.find(high, last, vlan) < 0) {
      tables.macs.add(high, last, vlan, (circuit | fixedMac) >>> 0, 0, 0, 0);
    }
  }
  for (const [i, { kind, argument }] of plan.circuits.entries()) {
    if (kind === CircuitKind.pseudowire) continue;
    const record = argument * interfaceWords;
    const flags = interfaces[record] as number;
    if (kind === CircuitKind.interface) interfaces[record + 2] = i + 1;
    else ports[(interfaces[record + 1] as number) * portWords + 4] = i + 1;
    interfaces[record] = flags | (kind === CircuitKind.interface ? Interface.circuit : Interface.bridged);
  }
}
