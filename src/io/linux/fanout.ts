// Several threads on one interface, each with a ring of its own: a fanout group of packet sockets (PACKET_FANOUT), where a
// classic BPF program says which member a frame is for. A flow stays on one ring as long as the members are the same.
//
// The hash takes VLAN ids and then: IPv4 and IPv6 addresses, no ports, so that fragments stay with their flow; of an MPLS
// stack its first two labels, since what lies beneath is not known here; of anything else the MACs.

import { callError, libc } from './libc.ts';
import { map } from './mapping.ts';
import { levelPacket, PacketOption, setOption } from './packet-socket.ts';

/** `group` is a number of 16 bits, the same for all members and for nobody else in the network namespace. */
export interface FanoutGroup {
  readonly group: number;
  readonly members: number;
}

/** PACKET_FANOUT_FLAG_IGNORE_OUTGOING: in a group the option of its members counts for nothing. */
const ignoreOutgoing = 0x4000;
const modeProgram = 6;

/** Makes a socket that is bound already a member. Throws ShimlineError IO. */
export function joinFanout(place: string, fd: number, { group, members }: FanoutGroup): void {
  if (members < 2) return;
  setOption(place, fd, PacketOption.fanout, 'PACKET_FANOUT', [
    (group & 0xffff) | ((modeProgram | ignoreOutgoing) << 16),
  ]);
  const instructions = fanoutProgram();
  // struct sock_fprog: count@0 (u16), address of the instructions@8.
  const memory = map(place, instructions.byteLength + 16);
  new Uint8Array(memory.buffer).set(new Uint8Array(instructions.buffer), 16);
  const words = new Uint32Array(memory.buffer, 0, 4);
  words[0] = instructions.byteLength / instructionBytes;
  const at = memory.address + 16n;
  words[2] = Number(at & 0xffff_ffffn);
  words[3] = Number(at >> 32n);
  const refused = libc().setsockopt(fd, levelPacket, PacketOption.fanoutData, memory.address, 16) < 0;
  const error = refused ? callError(place, 'PACKET_FANOUT_DATA') : undefined;
  memory.unmap();
  if (error !== undefined) throw error;
}

const instructionBytes = 8;

/** Codes of classic BPF (linux/bpf_common.h). `At` reads from X + k, `Fixed` from k. */
const Code = {
  loadWordFixed: 0x20,
  loadWordAt: 0x40,
  loadHalfAt: 0x48,
  loadByteAt: 0x50,
  load: 0x60,
  loadX: 0x61,
  loadXNumber: 0x01,
  store: 0x02,
  storeX: 0x03,
  add: 0x04,
  multiply: 0x24,
  and: 0x54,
  shiftRight: 0x74,
  xorX: 0xac,
  jump: 0x05,
  jumpIfEqual: 0x15,
  jumpIfBits: 0x45,
  copyToX: 0x07,
  answer: 0x16,
} as const;

/** Places that are no bytes of the packet: what the kernel knows of it, and its Ethernet header. */
const known = 0xffff_f000;
const knownProtocol = known + 0;
const knownTag = known + 44;
const linkHeader = 0xffe0_0000;

/** Words that the program keeps: the hash so far, and where the layer behind Ethernet and its tags begins. */
const Memory = { hash: 0, offset: 1 } as const;

const vlanIdMask = 0xfff;
const labelMask = 0xffff_f000;
/** 2^32 divided by the golden ratio. */
const factor = 0x9e37_79b1;
/** Tags that lie in the packet: the kernel has taken the outer one off. */
const innerTagsMax = 2;

type Step = { code: number; value: number; jump?: string } | { label: string };

/** The instructions, struct sock_filter: code (u16), jump if true (u8), jump if false (u8), value (u32). */
export function fanoutProgram(): Uint32Array<ArrayBuffer> {
  const steps: Step[] = [];
  const step = (code: number, value = 0, jump?: string) =>
    steps.push(jump === undefined ? { code, value } : { code, value, jump });
  const label = (name: string) => steps.push({ label: name });
  /** The accumulator goes into the hash. */
  const mix = () => {
    step(Code.copyToX);
    step(Code.load, Memory.hash);
    step(Code.multiply, factor);
    step(Code.xorX);
    step(Code.store, Memory.hash);
  };
  const read = (code: number, offset: number) => {
    step(Code.loadX, Memory.offset);
    step(code, offset);
  };

  step(Code.loadXNumber, 0);
  step(Code.storeX, Memory.offset);
  step(Code.loadWordFixed, knownTag);
  step(Code.and, vlanIdMask);
  step(Code.store, Memory.hash);
  step(Code.loadWordFixed, knownProtocol);
  for (let tag = 0; tag < innerTagsMax; tag++) {
    step(Code.jumpIfEqual, 0x8100, `tag ${tag}`);
    step(Code.jumpIfEqual, 0x88a8, `tag ${tag}`);
    step(Code.jump, 0, 'layer 3');
    label(`tag ${tag}`);
    read(Code.loadHalfAt, 0);
    step(Code.and, vlanIdMask);
    mix();
    step(Code.load, Memory.offset);
    step(Code.add, 4);
    step(Code.store, Memory.offset);
    step(Code.copyToX);
    // The type behind the tag: two bytes before what the offset now tells.
    step(Code.loadHalfAt, -2 >>> 0);
  }
  label('layer 3');
  step(Code.jumpIfEqual, 0x0800, 'IPv4');
  step(Code.jumpIfEqual, 0x86dd, 'IPv6');
  step(Code.jumpIfEqual, 0x8847, 'MPLS');
  for (const offset of [0, 4, 8]) {
    step(Code.loadWordFixed, linkHeader + offset);
    mix();
  }
  step(Code.jump, 0, 'end');

  label('IPv4');
  for (const offset of [12, 16]) {
    read(Code.loadWordAt, offset);
    mix();
  }
  step(Code.jump, 0, 'end');

  label('MPLS');
  read(Code.loadWordAt, 0);
  step(Code.and, labelMask);
  mix();
  read(Code.loadByteAt, 2);
  step(Code.jumpIfBits, 1, 'end');
  read(Code.loadWordAt, 4);
  step(Code.and, labelMask);
  mix();
  step(Code.jump, 0, 'end');

  label('IPv6');
  for (let offset = 8; offset < 40; offset += 4) {
    read(Code.loadWordAt, offset);
    mix();
  }

  // The kernel takes what is answered modulo the number of members, which are the lowest bits.
  label('end');
  for (const bits of [16, 15]) {
    step(Code.load, Memory.hash);
    step(Code.shiftRight, bits);
    mix();
  }
  step(Code.load, Memory.hash);
  step(Code.shiftRight, 16);
  step(Code.answer);
  return assemble(steps);
}

function assemble(steps: readonly Step[]): Uint32Array<ArrayBuffer> {
  const places = new Map<string, number>();
  let count = 0;
  for (const step of steps) {
    if ('label' in step) places.set(step.label, count);
    else count++;
  }
  const words = new Uint32Array(count * 2);
  let at = 0;
  for (const step of steps) {
    if ('label' in step) continue;
    const distance = step.jump === undefined ? 0 : (places.get(step.jump) ?? 0) - at - 1;
    const isAlways = step.code === Code.jump;
    words[at * 2] = step.code | (isAlways ? 0 : distance << 16);
    words[at * 2 + 1] = isAlways ? distance : step.value;
    at++;
  }
  return words;
}
