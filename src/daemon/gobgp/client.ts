// The calls to gobgpd by gRPC, with messages as bytes. One client for each attempt: when it ends, all of it ends.
import { setTimeout } from 'node:timers/promises';
import { Client, type ClientReadableStream, type ClientWritableStream, credentials } from '@grpc/grpc-js';
import { Call } from './messages.ts';

/** The first dump is one message: 80 MB for 100,000 paths. */
const messageBytesMax = 2 ** 31 - 1;
const windowBytes = 16 << 20;
const connectMilliseconds = 2_000;
const listMilliseconds = 60_000;
/** In which calls hear of a connection that has gone. */
const goneMilliseconds = 100;

const asIs = (bytes: Buffer): Buffer => bytes;
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

export interface Stream {
  pause(): void;
  resume(): void;
}

export class GobgpClient {
  readonly #client: Client;
  readonly #streams = new Set<ClientReadableStream<Buffer> | ClientWritableStream<Uint8Array>>();

  /** `127.0.0.1:50051` or `unix:/run/gobgp.sock`. */
  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': messageBytesMax,
      'grpc.max_send_message_length': messageBytesMax,
      // The dump came in pieces of 64 kB, each waiting for both sides to get their turn.
      'grpc-node.flow_control_window': windowBytes,
      // Each attempt begins anew: nothing of another client's failures is to delay it.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_retries': 0,
    });
  }

  /** Waits until gobgpd answers. Rejects when it does not. */
  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(Date.now() + connectMilliseconds, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Hands over each message until the call ends, which `ended` is told once. */
  watch(request: Uint8Array, take: (bytes: Buffer) => void, ended: (error: Error) => void): Stream {
    const call = this.#client.makeServerStreamRequest(Call.watch, asBuffer, asIs, request);
    this.#keep(call);
    call.on('data', take);
    call.on('error', ended);
    call.on('end', () => ended(new Error('gobgpd has ended the stream of events')));
    return call;
  }

  /** All answers of a call, each handed over. Rejects with what went wrong, `take` included. */
  list(call: string, request: Uint8Array, take: (bytes: Buffer) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + listMilliseconds;
      const stream = this.#client.makeServerStreamRequest(call, asBuffer, asIs, request, { deadline });
      stream.on('data', (bytes: Buffer) => {
        try {
          take(bytes);
        } catch (error) {
          stream.cancel();
          reject(error);
        }
      });
      stream.on('error', reject);
      stream.on('end', resolve);
    });
  }

  /** A stream of paths to gobgpd, in order. */
  openAdd(ended: (error: Error) => void): ClientWritableStream<Uint8Array> {
    const call = this.#client.makeClientStreamRequest(Call.add, asBuffer, asIs, (error: Error | null) => {
      ended(error ?? new Error('gobgpd has ended the stream of paths'));
    });
    this.#keep(call);
    call.on('error', ended);
    return call;
  }

  #keep(call: ClientReadableStream<Buffer> | ClientWritableStream<Uint8Array>): void {
    this.#streams.add(call);
    call.on('status', () => this.#streams.delete(call));
    call.on('error', () => this.#streams.delete(call));
  }

  /**
   * Ends what has not ended. Where the connection has just gone, all its calls are about to be told so; one that is cancelled
   * before that makes Node 20 submit a reset for a session that is no more, for ever (submitRstStream).
   */
  async close(): Promise<void> {
    await setTimeout(goneMilliseconds);
    for (const stream of this.#streams) stream.cancel();
    this.#client.close();
  }
}
