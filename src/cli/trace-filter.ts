// Which frames a trace shows: by (sub-)interface, address, label or reason. A frame must pass every filter given.
import { dropReasons, puntReasons } from '../engine/reasons.ts';
import { contains, type IpPrefix, parseAddress, parsePrefix } from '../wire/address.ts';
import type { Fate } from '../workers/traced-output.ts';
import { usageError } from './errors.ts';
import { nearest } from './nearest.ts';
import { reasonName } from './trace-line.ts';

export interface TraceFilterOptions {
  readonly interface?: string;
  readonly address?: string;
  readonly label?: string;
  readonly reason?: string;
}

export type FatePredicate = (fate: Fate) => boolean;

/** Labels are 20 bits wide (RFC 3032 section 2.1). */
const labelMax = 0xfffff;

export function traceFilter(options: TraceFilterOptions, interfaceNames: readonly string[]): FatePredicate {
  const predicates: FatePredicate[] = [];
  if (options.interface !== undefined) predicates.push(interfaceFilter(options.interface, interfaceNames));
  if (options.address !== undefined) predicates.push(addressFilter(options.address));
  if (options.label !== undefined) predicates.push(labelFilter(options.label));
  if (options.reason !== undefined) predicates.push(reasonFilter(options.reason));
  return (fate) => predicates.every((passes) => passes(fate));
}

function interfaceFilter(name: string, known: readonly string[]): FatePredicate {
  if (!known.includes(name)) {
    throw usageError(`--interface ${name}: the configuration has no such interface${nearest(name, known)}`);
  }
  return (fate) => fate.explanation.interfaces.includes(name);
}

function prefixOf(text: string): IpPrefix | undefined {
  const address = parseAddress(text);
  return address ? { ...address, length: address.family === 4 ? 32 : 128 } : parsePrefix(text);
}

function addressFilter(text: string): FatePredicate {
  const prefix = prefixOf(text);
  if (prefix === undefined) {
    throw usageError(`--address ${text}: neither an address nor a prefix (10.2.0.9, 10.2.0.0/16, 2001:db8::/32)`);
  }
  return (fate) =>
    fate.explanation.addresses.some((met) => {
      const address = parseAddress(met);
      return address !== undefined && contains(prefix, address);
    });
}

function labelFilter(text: string): FatePredicate {
  const label = Number(text);
  if (!/^[0-9]+$/.test(text) || label > labelMax) {
    throw usageError(`--label ${text}: a label is a number from 0 to ${labelMax}`);
  }
  return (fate) => fate.explanation.labels.includes(label);
}

function reasonFilter(name: string): FatePredicate {
  const known: string[] = [...dropReasons, ...puntReasons].map((reason) => reason.name);
  if (!known.includes(name)) {
    throw usageError(`--reason ${name}: no drop or punt has this reason${nearest(name, known)}`);
  }
  return (fate) => reasonName(fate) === name;
}
