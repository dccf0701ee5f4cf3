// Every label of the incoming label map with what it leads to: those that VRFs make by themselves, then those that the
// configuration names.
import type { LabelModel, PseudowireModel, RouterModel } from '../model.ts';
import type { Binding } from './label-manager.ts';
import type { GroupPlan } from './plan.ts';
import type { Resolver } from './resolver.ts';

/** A label of the incoming label map, with its paths resolved. */
export interface PlannedLabel {
  readonly model: LabelModel;
  /** Set by the label manager or by `vrfs.X.label`. */
  readonly binding: Binding | undefined;
  /** undefined for a label that is an action, or that no path makes usable. */
  readonly group: GroupPlan | undefined;
  readonly usable: boolean;
}

/** Label entries that VRFs make by themselves. */
function bindingModel(binding: Binding): LabelModel {
  const path = `vrfs.${binding.vrf}`;
  if (binding.paths === undefined) {
    const table = {
      kind: 'table',
      target: binding.vrf,
      weight: 1,
      backup: false,
      ttl: undefined,
      tc: undefined,
      payload: undefined,
    } as const;
    return { path, label: binding.label, paths: [table] };
  }
  const paths = binding.paths.map((each) => ({ ...each, vrf: each.vrf ?? binding.vrf, payload: 'ip' as const }));
  return { path, label: binding.label, paths };
}

/** The label entry that a pseudowire makes by itself. */
export function pseudowireLabel({ path, name, localLabel }: PseudowireModel): LabelModel {
  const ending = {
    kind: 'pseudowire',
    target: name,
    weight: 1,
    backup: false,
    ttl: undefined,
    tc: undefined,
    payload: undefined,
  } as const;
  return { path, label: localLabel, paths: [ending] };
}

function planLabel(model: LabelModel, binding: Binding | undefined, resolver: Resolver): PlannedLabel {
  const direct = model.paths.length === 1 && model.paths[0]?.kind !== 'via';
  const group = direct ? undefined : resolver.labelGroup(model);
  return { model, binding, group, usable: direct || group !== undefined };
}

export function planLabels(model: RouterModel, resolver: Resolver, bindings: readonly Binding[]): PlannedLabel[] {
  const planned = bindings.map((binding) => planLabel(bindingModel(binding), binding, resolver));
  for (const each of model.pseudowires) planned.push(planLabel(pseudowireLabel(each), undefined, resolver));
  for (const label of model.labels) planned.push(planLabel(label, undefined, resolver));
  return planned;
}
