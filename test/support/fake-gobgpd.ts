// A gobgpd in this process: it answers the calls of the adapter with what a test gives it, in GoBGP's own form (as seen from
// 3.10), and keeps what it is told.
import { Server, ServerCredentials, type ServerReadableStream, type ServerWritableStream } from '@grpc/grpc-js';
import { anyOf, communitiesOf, distinguisherOf, targetOf, vpnNlri } from '../../src/daemon/gobgp/messages.ts';
import { Afi, Safi } from '../../src/daemon/gobgp/path-reader.ts';
import { Reader, Writer } from '../../src/daemon/gobgp/protobuf.ts';

export interface FakePath {
  readonly prefix: string;
  /** None: labelled unicast, or plain without a label. */
  readonly rd?: string;
  readonly label?: number;
  readonly nextHop?: string;
  readonly targets?: readonly string[];
  /** Of the peer; none: GoBGP's own. */
  readonly from?: string;
  readonly asPath?: readonly number[];
  readonly localPreference?: number;
  readonly isWithdrawal?: boolean;
}

function nlriOf({ prefix, rd, label }: FakePath): { readonly nlri: Uint8Array; readonly safi: number } {
  const [address, length] = prefix.split('/') as [string, string];
  const writer = new Writer();
  if (label !== undefined) writer.packed(1, [label]);
  if (rd !== undefined) {
    const value = writer.message(2, distinguisherOf(rd)).number(3, Number(length)).text(4, address).done();
    return { nlri: anyOf(vpnNlri, value), safi: Safi.vpn };
  }
  if (label === undefined) {
    return {
      nlri: anyOf('IPAddressPrefix', writer.number(1, Number(length)).text(2, address).done()),
      safi: Safi.unicast,
    };
  }
  const value = writer.number(2, Number(length)).text(3, address).done();
  return { nlri: anyOf('LabeledIPAddressPrefix', value), safi: Safi.labelled };
}

/** A `Path` as GoBGP sends it. */
export function encodeFakePath(path: FakePath): Uint8Array {
  const { nextHop = '192.0.2.2', targets = [], from = '<nil>', asPath = [], localPreference, isWithdrawal } = path;
  const { nlri, safi } = nlriOf(path);
  const afi = path.prefix.includes(':') ? Afi.ip6 : Afi.ip;
  const family = new Writer().number(1, afi).number(2, safi).done();
  const writer = new Writer().message(1, nlri);
  writer.message(2, anyOf('OriginAttribute', new Writer().number(1, 0).done()));
  const segment = new Writer().number(1, 2).packed(2, asPath).done();
  writer.message(2, anyOf('AsPathAttribute', asPath.length === 0 ? [] : new Writer().message(1, segment).done()));
  const reach = new Writer().message(1, family).text(2, nextHop).message(3, nlri).done();
  writer.message(2, anyOf('MpReachNLRIAttribute', reach));
  if (localPreference !== undefined) {
    writer.message(2, anyOf('LocalPrefAttribute', new Writer().number(1, localPreference).done()));
  }
  if (targets.length > 0) writer.message(2, communitiesOf(targets.map(targetOf)));
  writer.message(3, new Writer().number(1, 1_795_716_948).done());
  writer
    .number(5, isWithdrawal ? 1 : 0)
    .message(7, [])
    .message(9, family);
  return writer.number(10, 65000).text(11, '192.0.2.9').text(15, from).number(19, 1).done();
}

export function pathsEvent(paths: readonly Uint8Array[]): Uint8Array {
  const inner = new Writer();
  for (const path of paths) inner.message(2, path);
  return new Writer().message(3, inner.done()).done();
}

export interface FakePeer {
  readonly address: string;
  readonly vrf?: string;
  readonly isUp: boolean;
}

function peerOf({ address, vrf = '', isUp }: FakePeer): Uint8Array {
  const conf = new Writer().text(4, address).text(12, vrf).done();
  const state = new Writer()
    .text(5, address)
    .number(13, isUp ? 6 : 1)
    .done();
  return new Writer().message(2, conf).message(5, state).done();
}

function peerEvent(type: number, peer: FakePeer): Uint8Array {
  const event = new Writer()
    .number(1, type)
    .message(2, peerOf({ ...peer, vrf: '' }))
    .done();
  return new Writer().message(2, event).done();
}

/** A path that the adapter has told. */
export interface ToldPath {
  readonly prefix: string;
  readonly label: number;
  readonly nextHop: string;
  readonly isWithdrawal: boolean;
  readonly attributes: readonly string[];
}

const asIs = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
const handler = {
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};
type Stream = ServerWritableStream<Buffer, Uint8Array>;

export class FakeGobgpd {
  vrfs: readonly { readonly name: string; readonly rd: string; readonly targets: readonly string[] }[] = [];
  peers: readonly FakePeer[] = [];
  /** What the first dump has. */
  best: readonly FakePath[] = [];
  /** What CEs have told, by their address. */
  readonly ofCe = new Map<string, readonly FakePath[]>();
  readonly told: ToldPath[] = [];
  #server: Server | undefined;
  #port = 0;
  readonly #best = new Set<Stream>();
  readonly #accepted = new Set<Stream>();

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Listens, at the port of before if there was one. */
  async start(): Promise<void> {
    const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
    const method = (name: string, responseStream: boolean, requestStream = false) => ({
      [name]: { path: `/apipb.GobgpApi/${name}`, requestStream, responseStream, ...handler },
    });
    server.addService(
      {
        ...method('WatchEvent', true),
        ...method('ListPeer', true),
        ...method('ListVrf', true),
        ...method('ListPath', true),
        ...method('AddPathStream', false, true),
      },
      {
        WatchEvent: (call: Stream) => this.#watch(call),
        ListPeer: (call: Stream) => this.#listPeers(call),
        ListVrf: (call: Stream) => this.#listVrfs(call),
        ListPath: (call: Stream) => this.#listPaths(call),
        AddPathStream: (
          call: ServerReadableStream<Buffer, Uint8Array>,
          done: (error: null, answer: Uint8Array) => void,
        ) => {
          call.on('data', (bytes: Buffer) => this.told.push(...readTold(bytes)));
          call.on('end', () => done(null, new Uint8Array(0)));
          call.on('error', () => {});
        },
      },
    );
    this.#server = server;
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.#port}`, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
  }

  /** As if it were killed. */
  stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.#best.clear();
    this.#accepted.clear();
  }

  get watchers(): number {
    return this.#best.size;
  }

  /** Changes of best paths, in one event. */
  tellBest(...paths: FakePath[]): void {
    this.sendBest(pathsEvent(paths.map(encodeFakePath)));
  }

  /** What a CE tells, as it has passed the policy. */
  tellAccepted(...paths: FakePath[]): void {
    for (const call of this.#accepted) call.write(pathsEvent(paths.map(encodeFakePath)));
  }

  tellPeer(peer: FakePeer): void {
    this.sendBest(peerEvent(3, peer));
  }

  /** Any bytes, damaged ones too. */
  sendBest(bytes: Uint8Array): void {
    for (const call of this.#best) call.write(bytes);
  }

  #watch(call: Stream): void {
    call.on('error', () => {});
    // Only the one that wants best paths asks for peers too.
    const isBest = call.request[0] === 0x0a;
    (isBest ? this.#best : this.#accepted).add(call);
    call.on('cancelled', () => {
      this.#best.delete(call);
      this.#accepted.delete(call);
    });
    if (!isBest) return;
    for (const peer of this.peers) call.write(peerEvent(1, peer));
    call.write(peerEvent(2, { address: '<nil>', isUp: false }));
    call.write(pathsEvent(this.best.map(encodeFakePath)));
  }

  #listPeers(call: Stream): void {
    const reader = new Reader(call.request);
    const wanted = reader.next(call.request.length) ? reader.text() : '';
    for (const peer of this.peers) {
      if (wanted === '' || wanted === peer.address) call.write(new Writer().message(1, peerOf(peer)).done());
    }
    call.end();
  }

  #listVrfs(call: Stream): void {
    for (const { name, rd, targets } of this.vrfs) {
      const writer = new Writer().text(1, name).message(2, distinguisherOf(rd));
      for (const target of targets) writer.message(4, targetOf(target));
      call.write(new Writer().message(1, writer.done()).done());
    }
    call.end();
  }

  #listPaths(call: Stream): void {
    const reader = new Reader(call.request);
    let peer = '';
    let afi = 0;
    while (reader.next(call.request.length)) {
      if (reader.holds(2)) peer = reader.text();
      else if (reader.holds(3)) afi = call.request[reader.start + 1];
    }
    for (const path of this.ofCe.get(peer) ?? []) {
      if (path.prefix.includes(':') !== (afi === Afi.ip6)) continue;
      const destination = new Writer()
        .text(1, path.prefix)
        .message(2, encodeFakePath({ ...path, from: peer }))
        .done();
      call.write(new Writer().message(1, destination).done());
    }
    call.end();
  }
}

function readTold(bytes: Buffer): ToldPath[] {
  const reader = new Reader(bytes);
  const told: ToldPath[] = [];
  while (reader.next(bytes.length))
    if (reader.holds(3)) told.push(readToldPath(bytes.subarray(reader.start, reader.stop)));
  return told;
}

function readToldPath(bytes: Buffer): ToldPath {
  const reader = new Reader(bytes);
  let nlri: Buffer = Buffer.alloc(0);
  let isWithdrawal = false;
  const attributes: Buffer[] = [];
  while (reader.next(bytes.length)) {
    if (reader.holds(1)) nlri = bytes.subarray(reader.start, reader.stop);
    else if (reader.holds(2)) attributes.push(bytes.subarray(reader.start, reader.stop));
    else if (reader.is(5)) isWithdrawal = reader.value === 1;
  }
  const value = fieldsOf(valueIn(nlri));
  const label = new Reader(
    Buffer.concat([Buffer.from([10, value.get(1)?.length ?? 0]), value.get(1) ?? Buffer.alloc(0)]),
  );
  label.next(label.bytes.length);
  const hop = attributes.find((each) => nameOf(each) === 'NextHopAttribute') ?? Buffer.alloc(0);
  return {
    prefix: `${value.get(4)?.toString()}/${value.get(3)?.[0]}`,
    label: label.firstOfPacked() ?? 0,
    nextHop: fieldsOf(valueIn(hop)).get(1)?.toString() ?? '',
    isWithdrawal,
    attributes: attributes.map(nameOf),
  };
}

/** Fields by number; a number below 256 as one byte. */
function fieldsOf(bytes: Buffer): Map<number, Buffer> {
  const reader = new Reader(bytes);
  const fields = new Map<number, Buffer>();
  while (reader.next(bytes.length)) {
    fields.set(reader.field, reader.isBytes ? bytes.subarray(reader.start, reader.stop) : Buffer.from([reader.value]));
  }
  return fields;
}

const valueIn = (any: Buffer): Buffer => fieldsOf(any).get(2) ?? Buffer.alloc(0);
const nameOf = (any: Buffer): string => fieldsOf(any).get(1)?.toString().split('.').at(-1) ?? '';
