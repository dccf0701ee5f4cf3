// The router's own interface in a bridge (IRB): what the bridge has for its MAC goes on as if it had arrived by a port,
// and what the router sends by it goes into the bridge.
import { typeAt } from '../../wire/ethernet.ts';
import { enterService } from './circuit.ts';
import { type BridgeFrame, drop, givePacket, type SlowContext, takePacket } from './context.ts';
import { receiveOn } from './link.ts';
import type { Packet } from './packet.ts';

/** The frame at `packet.frame` is for the router: a frame of its own from here on, arrived by the interface. */
export function receiveFromBridge(context: SlowContext, packet: Packet, interfaceIndex: number): void {
  const { bytes, frame, capturedEnd, end, seconds, nanoseconds } = packet;
  const inner = takePacket(context);
  inner.arrive(bytes, frame, capturedEnd - frame, end - frame, packet.port, seconds, nanoseconds);
  inner.made = packet.made;
  inner.number = packet.number;
  inner.story = packet.story;
  context.accounts?.arrivedBy(interfaceIndex, inner.original);
  receiveOn(context, inner, interfaceIndex, typeAt);
  givePacket(context, inner);
}

/** A frame that the router sends by its interface enters the bridge. It ends there, in whatever way. */
export function sendIntoBridge(context: SlowContext, packet: Packet, frame: BridgeFrame): void {
  const { bytes, start, captured, original, made } = frame;
  const { seconds, nanoseconds } = packet;
  const inner = takePacket(context);
  if (made && !packet.made) {
    // A fragment beyond the first: what is dropped of it is the fragment.
    inner.arrive(bytes.slice(start, start + captured), 0, captured, original, packet.port, seconds, nanoseconds);
  } else {
    const { arrived } = packet;
    inner.arrive(arrived, packet.start, packet.captured, packet.original, packet.port, seconds, nanoseconds);
  }
  inner.made = made;
  inner.number = packet.number;
  inner.story = packet.story;
  inner.load(bytes, start, captured, original);
  // A pseudowire whose peer is behind the bridge that it belongs to would go round for ever.
  if (packet.frame >= 0) drop(context, inner, 'loop');
  else enterService(context, inner, frame.circuit);
  givePacket(context, inner);
}
