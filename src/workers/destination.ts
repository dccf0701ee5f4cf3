// Where a replay's frames go: a directory with one capture per port, or one pcapng on standard output. Nothing is
// created before its first frame.
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { FrameSink } from '../io/device.ts';
import { ioError } from '../io/io-error.ts';
import { type CaptureFormat, outputDirectory } from '../io/output-directory.ts';
import { standardOutput } from '../io/output-file.ts';
import { type CaptureOptions, PcapWriter } from '../io/pcap-writer.ts';
import { PcapngFile } from '../io/pcapng-writer.ts';
import type { SinkTable } from '../io/sink-table.ts';

/** Opens sinks on demand. */
export interface Destination {
  /** For frames that leave by the port. */
  openPort(port: number): FrameSink;
  /** undefined: such frames are not kept. */
  openDrops(): FrameSink | undefined;
  openPunts(): FrameSink | undefined;
  /** After the sinks are closed. */
  close(): void;
}

export interface DestinationOptions {
  /** A directory, or `-`. */
  readonly place: string;
  readonly format: CaptureFormat;
  readonly drops: boolean;
  readonly punts: boolean;
  readonly portNames: readonly string[];
  /** The files that are read: none of them is overwritten. */
  readonly inputs: readonly string[];
  /** Asked when a sink is opened. */
  readonly nanosecond: () => boolean;
  /** Where the buffers of pcap files for ports may lie. */
  readonly sinks?: SinkTable | undefined;
}

/** Prepares the place: a directory is made, emptied of an earlier run's files and found writable, or IO is thrown. */
export function openDestination(options: DestinationOptions): Destination {
  const { place, portNames, inputs } = options;
  if (place === standardOutput) return oneFile(options);
  outputDirectory(place, portNames, inputs);
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw ioError(place, error);
  }
  return directory(options);
}

function directory(options: DestinationOptions): Destination {
  const { place, format, drops, punts, portNames, nanosecond, sinks } = options;
  const open = (name: string, port?: number): FrameSink => {
    const path = join(place, `${name}.${format}`);
    const cell = port === undefined ? undefined : sinks?.cell(port);
    const capture: CaptureOptions = { nanosecond: nanosecond(), cell };
    return format === 'pcap' ? new PcapWriter(path, capture) : new PcapngFile(path, capture).addInterface(name);
  };
  return {
    openPort: (port) => open(portNames[port] as string, port),
    openDrops: () => (drops ? open('drop') : undefined),
    openPunts: () => (punts ? open('punt') : undefined),
    close() {},
  };
}

function oneFile(options: DestinationOptions): Destination {
  const { drops, punts, portNames, nanosecond } = options;
  const file = new PcapngFile(standardOutput, { nanosecond: nanosecond() });
  return {
    openPort: (port) => file.addInterface(portNames[port] as string),
    openDrops: () => (drops ? file.addInterface('drop') : undefined),
    openPunts: () => (punts ? file.addInterface('punt') : undefined),
    close: () => file.close(),
  };
}
