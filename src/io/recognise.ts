// Which format a capture has, told by its first bytes and never by its name.
import { ShimlineError } from '../errors.ts';
import type { FrameReader } from './frame-reader.ts';
import { PcapReader, pcapHeaderBytes, pcapVariant } from './pcap-reader.ts';
import { blockType } from './pcapng-format.ts';
import { PcapngReader } from './pcapng-reader.ts';
import type { Window } from './window.ts';

/** Answers a reader for the file in the window, or how many bytes the window must hold first. Throws DAMAGED. */
export function recogniseFormat(window: Window, onlyInterface: number | undefined): FrameReader | number {
  const present = window.end - window.at;
  if (present < 4) {
    if (!window.ended) return 4;
    if (window.failure !== undefined) throw window.failure;
    if (present === 0) throw new ShimlineError('DAMAGED', `${window.name}: empty file`);
    throw window.damage(0, `cut off within the magic number (${present} of 4 bytes)`);
  }
  const magic = (window.halves[window.at >> 1] | (window.halves[(window.at >> 1) + 1] << 16)) >>> 0;
  if (magic === blockType.sectionHeader) return new PcapngReader(window, onlyInterface);
  const variant = pcapVariant(magic);
  if (variant === undefined) {
    const shown = [0, 1, 2, 3].map((index) => window.bytes[window.at + index].toString(16).padStart(2, '0')).join(' ');
    throw window.damage(0, `neither pcap nor pcapng (begins ${shown})`);
  }
  if (present < pcapHeaderBytes) {
    if (!window.ended) return pcapHeaderBytes;
    throw window.failure ?? window.damage(0, `cut off within the file header (${present} of ${pcapHeaderBytes} bytes)`);
  }
  if (onlyInterface !== undefined && onlyInterface > 0) {
    throw window.noSuchInterface(onlyInterface, 1);
  }
  return new PcapReader(window, variant);
}
