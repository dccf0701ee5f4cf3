// Layer 2 of a compiled router in sections of plain rows: pseudowires with their state, cross-connects, bridges.
import { pseudowireState } from '../engine/layer2-state.ts';
import { formatAddress } from '../wire/address.ts';
import type { Section } from './describe.ts';
import type { CircuitModel, MemberModel, PseudowireModel } from './model.ts';
import type { CompiledRouter } from './router.ts';

export function circuitSections(router: CompiledRouter): Section[] {
  return [pseudowireSection(router), xconnectSection(router), bridgeSection(router)];
}

function optionText({ controlWord, sequencing, flowLabel }: PseudowireModel): string {
  const options = { 'control word': controlWord, sequencing: sequencing && controlWord, 'flow label': flowLabel };
  return Object.entries(options)
    .filter(([, isOn]) => isOn)
    .map(([name]) => name)
    .join(', ');
}

function pseudowireSection({ model, tables }: CompiledRouter): Section {
  return {
    title: 'Pseudowires',
    columns: ['name', 'peer', 'local label', 'remote label', 'type', 'options', 'mtu', 'state', 'role', 'backup'],
    rows: model.pseudowires.map((each, index) => {
      const { up, reason, role } = pseudowireState(tables, index);
      return [
        each.name,
        formatAddress(each.peer),
        `${each.localLabel}`,
        `${each.remoteLabel}`,
        each.type,
        optionText(each),
        `${each.mtu}`,
        up ? 'up' : `down: ${reason}`,
        role,
        each.backup ?? '',
      ];
    }),
  };
}

const circuitText = ({ kind, name }: CircuitModel): string => (kind === 'interface' ? name : `pseudowire ${name}`);

function xconnectSection({ model }: CompiledRouter): Section {
  return {
    title: 'Cross-connects',
    columns: ['one end', 'other end'],
    rows: model.xconnects.map(({ ends }) => ends.map(circuitText)),
  };
}

function stormText({ storm }: MemberModel): string {
  return Object.entries(storm)
    .filter(([, rate]) => rate !== undefined)
    .map(([kind, rate]) => `${kind} ${rate}`)
    .join(', ');
}

/** A row for each member: what a bridge has for itself stands in its first one. */
function bridgeSection({ model }: CompiledRouter): Section {
  return {
    title: 'Bridges',
    columns: ['name', 'member', 'split horizon', 'storm control', 'MACs at most', 'ageing', 'learning'],
    rows: model.bridges.flatMap((bridge) => {
      const own = [`${bridge.macLimit}`, `${bridge.ageingSeconds} s`, bridge.learning];
      const routed = model.interfaces.filter((each) => each.bridge === bridge.name).map(({ name }) => [name, '', '']);
      const members = bridge.members.map((each) => [circuitText(each.circuit), each.group ?? '', stormText(each)]);
      const all = [...members, ...routed];
      return (all.length === 0 ? [['', '', '']] : all).map((row, i) => [
        i === 0 ? bridge.name : '',
        ...row,
        ...(i === 0 ? own : ['', '', '']),
      ]);
    }),
  };
}
