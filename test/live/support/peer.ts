// What runs inside a host of the lab: senders and receivers, a process each, started by traffic.ts. Says `ready` when
// it is, works until it is done or told to stop by SIGTERM, and then says what came of it as one line of JSON.
//
//   udp-receive PORT                              counts what arrives, flow by flow, and whether it is in order
//   udp-send HOST PORT PACKETS-A-SECOND FLOWS BYTES
//   tcp-receive PORT                              one connection: its bytes and their SHA-256
//   tcp-send HOST PORT BYTES
//   flood INTERFACE FILE FRAMES-A-SECOND SECONDS  raw frames, round and round (see frame-file.ts)
//
// A datagram begins with its flow and its number in the flow.
import { createHash } from 'node:crypto';
import { createSocket, type SocketType } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, isIPv6, type Socket } from 'node:net';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { flood } from './flood.ts';

const say = (result: object): void => console.log(JSON.stringify(result));
const ready = (): void => console.log('ready');
const toldToStop = once(process, 'SIGTERM');

export interface FlowCounts {
  received: number;
  /** Arrived after one that was sent later. */
  disordered: number;
  /** Arrived a second time, as far as order tells. */
  repeated: number;
  last: number;
}

/** Datagrams that arrived in this namespace and that a process was too slow for. */
function overruns(): number {
  const [names = '', values = ''] = readFileSync('/proc/net/snmp', 'utf8').match(/^Udp: .*$/gm) ?? [];
  const v4 = values.split(' ')[names.split(' ').indexOf('RcvbufErrors')];
  const [, v6] = /^Udp6RcvbufErrors\s+(\d+)/m.exec(readFileSync('/proc/net/snmp6', 'utf8')) ?? [];
  return Number(v4 ?? 0) + Number(v6 ?? 0);
}

async function udpReceive(port: number): Promise<void> {
  const before = overruns();
  const flows: Record<number, FlowCounts> = {};
  const socket = createSocket({ type: 'udp6', recvBufferSize: 1 << 22 });
  let count = 0;
  socket.on('message', (message) => {
    count++;
    const flow = message.readUInt32BE(0);
    const number = message.readUInt32BE(4);
    flows[flow] ??= { received: 0, disordered: 0, repeated: 0, last: -1 };
    const counts = flows[flow];
    counts.received++;
    if (number === counts.last) counts.repeated++;
    else if (number < counts.last) counts.disordered++;
    else counts.last = number;
  });
  socket.bind(port, '::', ready);
  await toldToStop;
  // A busy host may have some waiting for it still: those are read between a timer and what is done `immediate`ly.
  for (let before = -1; before !== count; ) {
    before = count;
    await sleep(quietMilliseconds);
    await immediate();
  }
  socket.close();
  say({ flows, overrun: overruns() - before });
}

/** When nothing has come for so long, nothing is on its way. */
const quietMilliseconds = 300;

/** How often the senders look at the clock. */
const tickMilliseconds = 2;
/** After a pause they do not make up for it: the kernel's backlog of 1000 frames, which all interfaces share, is to hold. */
const burstMax = 64;

async function udpSend(host: string, port: number, packetsASecond: number, flows: number, bytes: number) {
  const type: SocketType = isIPv6(host) ? 'udp6' : 'udp4';
  const sockets = Array.from({ length: flows }, () => createSocket({ type, sendBufferSize: 1 << 22 }));
  for (const socket of sockets) socket.on('error', () => undefined);
  const sent = new Array<number>(flows).fill(0);
  let refused = 0;
  let answered = 0;
  let total = 0;
  const sendOne = (): void => {
    const flow = total++ % flows;
    const message = Buffer.alloc(bytes);
    message.writeUInt32BE(flow, 0);
    message.writeUInt32BE(sent[flow] as number, 4);
    (sent[flow] as number)++;
    sockets[flow]?.send(message, port, host, (error) => {
      answered++;
      if (error) refused++;
    });
  };
  ready();
  let last = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    due = Math.min(due + ((now - last) * packetsASecond) / 1000, burstMax);
    last = now;
    for (; due >= 1; due--) sendOne();
  }, tickMilliseconds);
  await toldToStop;
  clearInterval(timer);
  // What has been given to the sockets is still to be sent.
  while (answered < total) await sleep(10);
  for (const socket of sockets) socket.close();
  say({ sent, refused });
}

interface Digest {
  bytes: number;
  sha256: string;
}

async function digestOf(stream: AsyncIterable<Buffer>): Promise<Digest> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const part of stream) {
    hash.update(part);
    bytes += part.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function tcpReceive(port: number): Promise<void> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(port, '::', ready);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const digest = await digestOf(socket);
  // The sender waits for the answer, so it knows that all has arrived.
  socket.end('done');
  server.close();
  say(digest);
}

/** Bytes that differ from block to block, by a linear congruential generator. */
function* blocks(bytes: number): Generator<Buffer> {
  const words = new Uint32Array(1 << 14);
  let state = 1;
  for (let left = bytes; left > 0; left -= words.byteLength) {
    for (let i = 0; i < words.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      words[i] = state;
    }
    yield Buffer.from(words.buffer.slice(0, Math.min(left, words.byteLength)));
  }
}

async function tcpSend(host: string, port: number, bytes: number): Promise<void> {
  const socket = connect({ host, port, allowHalfOpen: true });
  await once(socket, 'connect');
  ready();
  const hash = createHash('sha256');
  for (const block of blocks(bytes)) {
    hash.update(block);
    if (!socket.write(block)) await once(socket, 'drain');
  }
  socket.end();
  let answer = '';
  for await (const part of socket) answer += part;
  say({ bytes, sha256: hash.digest('hex'), answer });
}

const [verb, ...args] = process.argv.slice(2);
const [first = '', second = ''] = args;
const numbers = args.map(Number);
switch (verb) {
  case 'udp-receive':
    await udpReceive(numbers[0] as number);
    break;
  case 'udp-send':
    await udpSend(first, ...(numbers.slice(1) as [number, number, number, number]));
    break;
  case 'tcp-receive':
    await tcpReceive(numbers[0] as number);
    break;
  case 'tcp-send':
    await tcpSend(first, ...(numbers.slice(1) as [number, number]));
    break;
  case 'flood': {
    const [, , framesASecond, seconds] = numbers as [number, number, number, number];
    ready();
    say(await flood(first, second, framesASecond, seconds));
    break;
  }
  default:
    throw new Error(`${verb} is nothing a host can do`);
}
