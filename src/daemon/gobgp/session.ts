// One connection to gobgpd, from the first call to the first that fails: it asks for VRFs and peers, follows best paths, peers
// and what CEs tell, and hands all of it over in order, in pieces between which others get their turn.
import { setImmediate } from 'node:timers/promises';
import type { ClientWritableStream } from '@grpc/grpc-js';
import { GobgpClient, type Stream } from './client.ts';
import {
  Call,
  EventReader,
  type PeerMessage,
  pathsOfPeerRequest,
  peersRequest,
  readPathAnswer,
  readPeerAnswer,
  readVrfAnswer,
  type VrfMessage,
  vrfsRequest,
  watchAcceptedRequest,
  watchBestRequest,
} from './messages.ts';
import { Afi, type PathReader } from './path-reader.ts';

/** Of paths between which what has changed is brought into the tables. */
const pathsEach = 4096;
/** What waits to be read; the senders are stopped beyond. */
const waitingBytesMax = 64 << 20;
const finishMilliseconds = 1_000;

export interface SessionEvents {
  vrfs(vrfs: readonly VrfMessage[], peers: readonly PeerMessage[]): void;
  peer(peer: PeerMessage): Promise<void>;
  best(path: PathReader): void;
  /** Of any peer: what GoBGP's import policy has let pass. */
  accepted(path: PathReader): void;
  /** In the middle of many paths. */
  pause(): Promise<void>;
  /** All that has come is read. */
  rest(): Promise<void>;
  ready(): void;
  /** Once, and nothing comes after it. */
  ended(error: Error): void;
}

interface Waiting {
  readonly isBest: boolean;
  readonly bytes: Buffer;
}

export class Session {
  readonly #events: SessionEvents;
  readonly #client: GobgpClient;
  readonly #streams: Stream[] = [];
  #add: ClientWritableStream<Uint8Array> | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #isReading = false;
  #isPaused = false;
  #isOver = false;
  #arePeersTold = false;
  /** The first dump of best paths has been read. */
  isTold = false;
  messages = 0;

  constructor(address: string, events: SessionEvents) {
    this.#events = events;
    this.#client = new GobgpClient(address);
  }

  start(): void {
    this.#open().catch((error: unknown) => this.#end(error));
  }

  async #open(): Promise<void> {
    await this.#client.connect();
    const vrfs: VrfMessage[] = [];
    const peers: PeerMessage[] = [];
    await this.#client.list(Call.vrfs, vrfsRequest(), (bytes) => {
      const vrf = readVrfAnswer(bytes);
      if (vrf !== undefined) vrfs.push(vrf);
    });
    await this.#client.list(Call.peers, peersRequest(''), (bytes) => {
      const peer = readPeerAnswer(bytes);
      if (peer !== undefined) peers.push(peer);
    });
    if (this.#isOver) return;
    this.#events.vrfs(vrfs, peers);
    this.#add = this.#client.openAdd((error) => this.#end(error));
    this.#events.ready();
    const watch = (isBest: boolean, request: Uint8Array) =>
      this.#streams.push(
        this.#client.watch(
          request,
          (bytes) => this.#take({ isBest, bytes }),
          (error) => this.#end(error),
        ),
      );
    // In this order: what CEs tell must not be missed between their list and the stream.
    watch(false, watchAcceptedRequest());
    watch(true, watchBestRequest());
  }

  #end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting = [];
    void this.#client.close();
    this.#events.ended(error instanceof Error ? error : new Error(String(error)));
  }

  #take(waiting: Waiting): void {
    if (this.#isOver) return;
    this.messages++;
    this.#waiting.push(waiting);
    this.#waitingBytes += waiting.bytes.length;
    if (this.#waitingBytes > waitingBytesMax && !this.#isPaused) {
      this.#isPaused = true;
      for (const stream of this.#streams) stream.pause();
    }
    if (!this.#isReading) this.#readAll().catch((error: unknown) => this.#end(error));
  }

  async #readAll(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#waiting.length > 0) {
        const all = this.#waiting;
        this.#waiting = [];
        for (const waiting of all) {
          await this.#read(waiting);
          this.#waitingBytes -= waiting.bytes.length;
          if (this.#isOver) return;
        }
        if (this.#waiting.length > 0) continue;
        await this.#events.rest();
        if (this.#isPaused && !this.#isOver) {
          this.#isPaused = false;
          for (const stream of this.#streams) stream.resume();
        }
      }
    } finally {
      this.#isReading = false;
    }
  }

  async #read({ isBest, bytes }: Waiting): Promise<void> {
    const event = new EventReader(bytes);
    if (event.kind === 'peer' && event.peer !== undefined) return this.#events.peer(event.peer);
    if (event.kind === 'peers-told') this.#arePeersTold = true;
    if (event.kind !== 'paths') return;
    for (let count = 1; event.next(); count++) {
      if (isBest) this.#events.best(event.path);
      else this.#events.accepted(event.path);
      if (count % pathsEach !== 0) continue;
      await this.#events.pause();
      await setImmediate();
      if (this.#isOver) return;
    }
    // The dump comes after the peers, and be it empty.
    if (isBest && this.#arePeersTold) this.isTold = true;
  }

  /** What gobgpd says of a peer. */
  async peer(address: string): Promise<PeerMessage | undefined> {
    let found: PeerMessage | undefined;
    await this.#client.list(Call.peers, peersRequest(address), (bytes) => {
      found = readPeerAnswer(bytes);
    });
    return found;
  }

  /** All that a CE has told. What it tells meanwhile waits for the caller: it is read afterwards. */
  async pathsOf(address: string, visit: (path: PathReader) => void): Promise<void> {
    for (const afi of [Afi.ip, Afi.ip6]) {
      await this.#client.list(Call.paths, pathsOfPeerRequest(address, afi), (bytes) => readPathAnswer(bytes, visit));
    }
  }

  /** Sends paths to gobgpd. */
  add(message: Uint8Array): void {
    if (!this.#isOver) this.#add?.write(message);
  }

  /** Sends the last of it, and ends. */
  async finish(messages: readonly Uint8Array[]): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const add = this.#add;
    if (add !== undefined) await sendLast(add, messages);
    await this.#client.close();
  }
}

/** Waits until gobgpd has taken it all, but not for ever. */
function sendLast(add: ClientWritableStream<Uint8Array>, messages: readonly Uint8Array[]): Promise<void> {
  for (const message of messages) add.write(message);
  return new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, finishMilliseconds);
    add.on('status', () => {
      clearTimeout(timer);
      resolve();
    });
    add.end();
  });
}
