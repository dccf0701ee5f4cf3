// Neighbour discovery (IP-8, RFC 4861): solicitations for own addresses answered, neighbours learned.
import { interfaceWords } from '../../tables/interfaces.ts';
import { read16, read32 } from '../../wire/bytes.ts';
import { EtherType, sourceAt as macSourceAt } from '../../wire/ethernet.ts';
import { isUnspecified } from '../../wire/ipv6.ts';
import { type NdMessage, ndPacketBytes, readNd, writeNd } from '../../wire/nd.ts';
import { isOwnOf } from './addresses.ts';
import { drop, need, punts, type SlowContext } from './context.ts';
import { learn } from './learn.ts';
import type { Packet } from './packet.ts';
import { sendMadeFrame } from './request.ts';

export const allNodes = [0xff020000, 0, 0, 1];
export const allNodesMac = { high: 0x3333, low: 1 };
/** Of an advertisement. */
export const NdFlag = { router: 0x80, solicited: 0x40, override: 0x20 } as const;

export function receiveNd(context: SlowContext, packet: Packet): void {
  if (!need(context, packet, packet.ip, packet.end - packet.ip, 'bad-nd')) return;
  const message = readNd(packet.bytes, packet.ip);
  if (message === undefined) return drop(context, packet, 'bad-nd');
  if (!punts(context, packet, 'nd')) return;
  if (message.solicitation) receiveSolicitation(context, packet, message);
  else receiveAdvertisement(context, packet, message);
}

function receiveSolicitation(context: SlowContext, packet: Packet, message: NdMessage): void {
  const forUs = isOwnOf(context.tables, packet.interface, message.target);
  // Whoever asks from :: wants the address for itself (RFC 4862 section 5.4.3).
  if (forUs && isUnspecified(message.source) && isClaimed(context, packet, message.target, true)) return;
  if (forUs && answersFor(context, packet, message.target)) advertise(context, packet, message);
  if (message.mac === undefined || isUnspecified(message.source)) return;
  learnFrom(context, packet, message.source, message.mac, forUs, true);
}

/** RFC 4861 section 7.2.5: without Override a known address stays as it is. */
function receiveAdvertisement(context: SlowContext, packet: Packet, message: NdMessage): void {
  isClaimed(context, packet, message.target, false);
  if (message.mac === undefined) return;
  const forUs = isOwnOf(context.tables, packet.interface, message.destination);
  learnFrom(context, packet, message.target, message.mac, forUs, message.override);
}

/** Whether we answer for an own address: a kernel behind a control port does it itself, a duplicate is not ours. */
function answersFor({ live }: SlowContext, packet: Packet, target: readonly number[]): boolean {
  return live === undefined || (!live.control.has(packet.interface) && live.announcer.isOwn(packet.interface, target));
}

/** Whether another station claims an address of ours that is on trial, or was found to be that station's (live only). */
export function isClaimed(
  { live, tables }: SlowContext,
  packet: Packet,
  address: readonly number[],
  onTrial: boolean,
): boolean {
  if (live === undefined) return false;
  const { arrived, start } = packet;
  const { interfaces } = tables.interfaces;
  const record = packet.interface * interfaceWords;
  const mac = { high: read16(arrived, start + macSourceAt), low: read32(arrived, start + macSourceAt + 2) };
  // A link that brings our own frames back.
  if (mac.high === interfaces[record + 4] && mac.low === interfaces[record + 5]) return false;
  return live.announcer.claimed(packet.interface, address, onTrial, mac, live.nowOf(packet));
}

function learnFrom(
  context: SlowContext,
  packet: Packet,
  address: readonly number[],
  mac: { readonly high: number; readonly low: number },
  mayCreate: boolean,
  mayChange: boolean,
): void {
  if ((mac.high & 0x100) !== 0 || (mac.high === 0 && mac.low === 0)) return;
  learn(context, packet, address, { macHigh: mac.high, macLow: mac.low, mayCreate, mayChange });
}

function advertise(context: SlowContext, packet: Packet, message: NdMessage): void {
  const { interfaces } = context.tables.interfaces;
  const record = packet.interface * interfaceWords;
  const unspecified = isUnspecified(message.source);
  const { arrived, start } = packet;
  const to = unspecified
    ? allNodesMac
    : (message.mac ?? { high: read16(arrived, start + macSourceAt), low: read32(arrived, start + macSourceAt + 2) });
  sendMadeFrame(context, packet, packet.interface, {
    macHigh: to.high,
    macLow: to.low,
    etherType: EtherType.ipv6,
    bytes: ndPacketBytes,
    told: 'neighbour advertisement',
    write: (bytes, at) =>
      writeNd(bytes, at, {
        solicitation: false,
        source: message.target,
        destination: unspecified ? allNodes : message.source,
        target: message.target,
        flags: NdFlag.router | NdFlag.override | (unspecified ? 0 : NdFlag.solicited),
        macHigh: interfaces[record + 4] as number,
        macLow: interfaces[record + 5] as number,
      }),
  });
}
