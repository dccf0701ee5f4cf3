// Which port each `-i NAME=FILE` belongs to. A name that the configuration has not, or that is no port, is an error.

import type { RouterModel } from '../control/model.ts';
import { ShimlineError } from '../errors.ts';
import { nearest } from './nearest.ts';
import type { InputBinding } from './options.ts';

export interface PortInput {
  readonly port: number;
  readonly spec: string;
}

export function bindInputs(
  bindings: readonly InputBinding[],
  model: RouterModel,
  portNames: readonly string[],
): PortInput[] {
  const problems: string[] = [];
  const inputs: PortInput[] = [];
  for (const { name, spec } of bindings) {
    const port = portNames.indexOf(name);
    if (port >= 0) inputs.push({ port, spec });
    else problems.push(`-i ${name}=${spec}: ${whyNoPort(name, model, portNames)}`);
  }
  if (problems.length > 0) throw new ShimlineError('CONFIG', problems.join('\n'));
  return inputs;
}

function whyNoPort(name: string, model: RouterModel, portNames: readonly string[]): string {
  const parent = model.interfaces.find((entry) => entry.name === name)?.port;
  if (parent !== undefined) {
    return `${name} is a sub-interface: frames are given by port (-i ${parent}=…), sub-interfaces are found by their tags`;
  }
  return `the configuration has no port ${name}${nearest(name, portNames)}`;
}
