// The words of the pcapng format that reader and writer share (draft-ietf-opsawg-pcapng).
//
//   block   | type | total length | body, padded to 4 | total length |
//   EPB     | interface | time, upper | time, lower | captured | original | bytes, padded | options |
//   option  | code 16 | length 16 | value, padded to 4 |

export const blockType = {
  sectionHeader: 0x0a0d_0d0a,
  interfaceDescription: 1,
  packet: 2, // obsolete
  simplePacket: 3,
  enhancedPacket: 6,
} as const;

export const byteOrderMagic = 0x1a2b_3c4d;
export const byteOrderMagicSwapped = 0x4d3c_2b1a;

/** Type, length, length again. */
export const blockBytesMin = 12;
/** Before and after the frame in an enhanced (or the obsolete) packet block without options. */
export const packetHeaderBytes = 28;
export const simplePacketHeaderBytes = 12;
export const sectionHeaderBytesMin = 28;
export const interfaceDescriptionBytesMin = 20;

export const option = {
  end: 0,
  comment: 1,
  /** Section header: the application that wrote the file. */
  userApplication: 4,
  interfaceName: 2,
  timeResolution: 9,
  fcsLength: 13,
  timeOffset: 14,
  /** Packet blocks: bits 5 to 8 hold the length of the frame check sequence. */
  packetFlags: 2,
} as const;

/** Rounds up to a multiple of 4. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}
