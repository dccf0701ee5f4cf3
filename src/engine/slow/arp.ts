// ARP (IP-8, RFC 826): requests for own addresses answered, neighbours of connected subnets learned.
import { interfaceWords } from '../../tables/interfaces.ts';
import {
  ArpOperation,
  arpBytes,
  isEthernetIpv4,
  operationAt,
  senderAddressAt,
  senderMacAt,
  targetAddressAt,
  writeArp,
} from '../../wire/arp.ts';
import { read16, read32 } from '../../wire/bytes.ts';
import { EtherType } from '../../wire/ethernet.ts';
import { isOwnOf } from './addresses.ts';
import { need, punts, type SlowContext } from './context.ts';
import { learn } from './learn.ts';
import { isClaimed } from './nd.ts';
import type { Packet } from './packet.ts';
import { sendMadeFrame } from './request.ts';

export function receiveArp(context: SlowContext, packet: Packet): void {
  const { bytes, at } = packet;
  packet.story?.step(`${packet.story.names.interface(packet.interface)}: ARP`);
  if (!need(context, packet, at, arpBytes, 'runt')) return;
  if (!punts(context, packet, 'arp')) return;
  const operation = read16(bytes, at + operationAt);
  if (!isEthernetIpv4(bytes, at)) return;
  if (operation !== ArpOperation.request && operation !== ArpOperation.reply) return;

  const sender = read32(bytes, at + senderAddressAt);
  const target = read32(bytes, at + targetAddressAt);
  const macHigh = read16(bytes, at + senderMacAt);
  const macLow = read32(bytes, at + senderMacAt + 2);
  const forUs = isOwnOf(context.tables, packet.interface, [target]);
  // A hardware address that is none or a group's is never believed (RFC 1812 section 3.3.2).
  if ((macHigh & 0x100) !== 0 || (macHigh === 0 && macLow === 0)) return;
  isClaimed(context, packet, [sender], false);
  // Behind a control port a kernel answers.
  const answers = forUs && operation === ArpOperation.request && context.live?.control.has(packet.interface) !== true;
  if (answers) answer(context, packet, sender, target, macHigh, macLow);
  learn(context, packet, [sender], { macHigh, macLow, mayCreate: forUs, mayChange: true });
}

function answer(
  context: SlowContext,
  packet: Packet,
  sender: number,
  target: number,
  macHigh: number,
  macLow: number,
): void {
  const { interfaces } = context.tables.interfaces;
  const record = packet.interface * interfaceWords;
  sendMadeFrame(context, packet, packet.interface, {
    macHigh,
    macLow,
    etherType: EtherType.arp,
    bytes: arpBytes,
    told: 'ARP reply',
    write: (bytes, at) =>
      writeArp(bytes, at, {
        operation: ArpOperation.reply,
        senderMacHigh: interfaces[record + 4] as number,
        senderMacLow: interfaces[record + 5] as number,
        sender: target,
        targetMacHigh: macHigh,
        targetMacLow: macLow,
        target: sender,
      }),
  });
}
