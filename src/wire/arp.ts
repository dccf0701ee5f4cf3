// ARP for Ethernet and IPv4 (RFC 826): offsets and building.
import { type Bytes, read16, write16, write32 } from './bytes.ts';
import { writeMac } from './ethernet.ts';

export const arpBytes = 28;
export const operationAt = 6;
export const senderMacAt = 8;
export const senderAddressAt = 14;
export const targetMacAt = 18;
export const targetAddressAt = 24;
export const ArpOperation = { request: 1, reply: 2 } as const;

/** Whether it is about Ethernet and IPv4. */
export function isEthernetIpv4(bytes: Bytes, at: number): boolean {
  return read16(bytes, at) === 1 && read16(bytes, at + 2) === 0x0800 && read16(bytes, at + 4) === 0x0604;
}

export interface ArpMessage {
  readonly operation: number;
  readonly senderMacHigh: number;
  readonly senderMacLow: number;
  readonly sender: number;
  readonly targetMacHigh: number;
  readonly targetMacLow: number;
  readonly target: number;
}

export function writeArp(bytes: Bytes, at: number, message: ArpMessage): void {
  write16(bytes, at, 1);
  write16(bytes, at + 2, 0x0800);
  write16(bytes, at + 4, 0x0604);
  write16(bytes, at + operationAt, message.operation);
  writeMac(bytes, at + senderMacAt, message.senderMacHigh, message.senderMacLow);
  write32(bytes, at + senderAddressAt, message.sender);
  writeMac(bytes, at + targetMacAt, message.targetMacHigh, message.targetMacLow);
  write32(bytes, at + targetAddressAt, message.target);
}
