// The text of a configuration file, YAML or JSON, to a RouterModel.
import type { RouterModel } from '../model.ts';
import { ConfigError, Findings } from './problems.ts';
import { buildModel, type ConfigOptions } from './validate.ts';
import { readYaml } from './yaml.ts';

/** Throws a ConfigError that lists everything found; `fileName` is how messages call the file. */
export function parseConfig(text: string, fileName: string, options: ConfigOptions = {}): RouterModel {
  const findings = new Findings();
  const { value, locate, usable } = readYaml(text, findings);
  const model = usable ? buildModel(value, findings, options) : undefined;
  if (model === undefined || findings.count > 0) throw new ConfigError(fileName, findings.problems(locate));
  return model;
}
