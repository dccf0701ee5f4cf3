// An AgentX master that is made up, on a free port of the loopback: it reads PDUs whole and sends what a test tells it.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { PduStream, PduType, readHeader } from '../../src/daemon/snmp/agentx-pdu.ts';

const openType = 1;
const registerType = 3;

export interface Search {
  readonly start: readonly number[];
  readonly include?: boolean;
  readonly end?: readonly number[];
}

/** A PDU in network byte order. */
export function pduOf(type: number, session: number, packet: number, payload: Buffer, flags = 0x10): Buffer {
  const header = Buffer.from([1, type, flags, 0]);
  const numbers = Buffer.alloc(16);
  [session, 77, packet, payload.length].forEach((number, i) => void numbers.writeUInt32BE(number, 4 * i));
  return Buffer.concat([header, numbers, payload]);
}

export function oidBytes(oid: readonly number[], include = false): Buffer {
  const bytes = Buffer.alloc(4 + 4 * oid.length);
  bytes.set([oid.length, 0, include ? 1 : 0, 0]);
  oid.forEach((number, i) => void bytes.writeUInt32BE(number, 4 + 4 * i));
  return bytes;
}

export function searchBytes(searches: readonly Search[], bulk?: readonly [number, number]): Buffer {
  const head = Buffer.alloc(bulk === undefined ? 0 : 4);
  bulk?.forEach((number, i) => void head.writeUInt16BE(number, 2 * i));
  const ranges = searches.flatMap(({ start, include, end }) => [oidBytes(start, include), oidBytes(end ?? [])]);
  return Buffer.concat([head, ...ranges]);
}

export interface MadeResponse {
  readonly packet: number;
  readonly transaction: number;
  readonly error: number;
  readonly index: number;
  /** Of the variables, as sent. */
  readonly rest: Buffer;
}

export class MadeMaster {
  readonly session = 5;
  readonly responses: MadeResponse[] = [];
  /** Types of what has come. */
  readonly seen: number[] = [];
  /** Errors that opening and registering are answered with. */
  refusals: { open?: number; register?: number } = {};
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<() => void>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async listen(port = 0): Promise<MadeMaster> {
    const server = createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new MadeMaster(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    const stream = new PduStream();
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (piece: Buffer) => {
      for (const pdu of stream.take(piece)) this.#take(socket, pdu);
      for (const look of this.#waiting) look();
    });
  }

  #take(socket: Socket, pdu: Buffer): void {
    const { type, packetId, transactionId } = readHeader(pdu);
    this.seen.push(type);
    if (type === PduType.response) {
      const [error, index] = [pdu.readUInt16BE(24), pdu.readUInt16BE(26)];
      this.responses.push({ packet: packetId, transaction: transactionId, error, index, rest: pdu.subarray(28) });
      return;
    }
    const { open = 0, register = 0 } = this.refusals;
    const error = type === openType ? open : type === registerType ? register : 0;
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(4200, 0);
    payload.writeUInt16BE(error, 4);
    socket.write(pduOf(PduType.response, this.session, packetId, payload));
  }

  send(bytes: Buffer): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  /** Waits until something holds; the test's own time limit ends it. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        const look = () => {
          this.#waiting.delete(look);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(look, 20);
        this.#waiting.add(look);
      });
    }
  }

  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.drop();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
