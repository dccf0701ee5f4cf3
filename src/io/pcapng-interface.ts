// An interface description block, read once: what its packet blocks need to become frames.
import { interfaceDescriptionBytesMin, option, padded } from './pcapng-format.ts';

/** Resolutions of 10^-k up to here are computed in plain numbers, all others (rare) in BigInt. */
const decimalDigitsMax = 9;
const microsecondDigits = 6;
const powerOfTwo = 0x80;

export interface PcapngInterface {
  readonly linkType: number;
  /** Captured lengths end here; 0 is no limit. Tells simple packet blocks their length. */
  readonly snapLength: number;
  readonly fcsBytes: number;
  /** Position among all interfaces of the file, over its sections. */
  readonly index: number;
  /** Its frames are taken: Ethernet or not. */
  readonly selected: boolean;
  readonly finerThanMicrosecond: boolean;
  /** Time stamp units in a second, and nanoseconds in a unit; 0 for resolutions that need `exact`. */
  readonly unitsPerSecond: number;
  readonly nanosecondsPerUnit: number;
  /** Units per second where a plain number will not do. */
  readonly exact: bigint;
  readonly offsetSeconds: number;
}

/** Reads the block at `at`; answers a sentence when an option is malformed. */
export function readInterface(
  view: DataView,
  at: number,
  total: number,
  little: boolean,
  index: number,
  only: number | undefined,
): PcapngInterface | string {
  if (total < interfaceDescriptionBytesMin) return `an interface description of ${total} bytes is too short`;
  let resolution = microsecondDigits;
  let fcsBytes = 0;
  let offsetSeconds = 0;
  const end = at + total - 4;
  let place = at + interfaceDescriptionBytesMin - 4;
  while (place + 4 <= end) {
    const code = view.getUint16(place, little);
    const length = view.getUint16(place + 2, little);
    if (code === option.end) break;
    if (place + 4 + length > end) return `option ${code} of an interface description runs beyond its block`;
    const value = place + 4;
    if (code === option.timeResolution && length >= 1) resolution = view.getUint8(value);
    else if (code === option.fcsLength && length >= 1) fcsBytes = fcsLength(view.getUint8(value));
    else if (code === option.timeOffset && length >= 8) offsetSeconds = Number(view.getBigInt64(value, little));
    place = value + padded(length);
  }
  return {
    linkType: view.getUint16(at + 8, little),
    snapLength: view.getUint32(at + 12, little),
    fcsBytes,
    index,
    selected: only === undefined || only === index,
    offsetSeconds,
    ...timeUnits(resolution),
  };
}

/** The format means bytes (its example is 4), older texts of it said bits: 16 and 32 can only be bits. */
function fcsLength(value: number): number {
  return value >= 16 ? value >>> 3 : value;
}

function timeUnits(resolution: number) {
  const exponent = resolution & ~powerOfTwo;
  if ((resolution & powerOfTwo) !== 0) {
    const exact = 1n << BigInt(exponent);
    return { unitsPerSecond: 0, nanosecondsPerUnit: 0, exact, finerThanMicrosecond: exact > 1_000_000n };
  }
  if (exponent > decimalDigitsMax) {
    return { unitsPerSecond: 0, nanosecondsPerUnit: 0, exact: 10n ** BigInt(exponent), finerThanMicrosecond: true };
  }
  return {
    unitsPerSecond: 10 ** exponent,
    nanosecondsPerUnit: 10 ** (decimalDigitsMax - exponent),
    exact: 0n,
    finerThanMicrosecond: exponent > microsecondDigits,
  };
}
