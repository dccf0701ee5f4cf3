// One session with an AgentX master through the package net-snmp, which is loaded when the first one begins: opened, the MIB
// registered, requests answered one after the other. Whatever goes wrong ends the session and nothing else.
import type { Subagent } from 'net-snmp';
import { AgentXError, PduStream, PduType, readHeader } from './agentx-pdu.ts';
import { type Answer, answerPdu } from './answer.ts';
import type { Mib } from './mib.ts';

/** The master waits so long for an answer. */
const answerSeconds = 5;
/** Until the MIB is registered, and for the master to see us off. */
const openMilliseconds = 5000;
const closeMilliseconds = 500;
/** Requests that wait: more than a master has on its way at once. */
const waitingMax = 256;

export interface MasterAddress {
  readonly host: string;
  readonly port: number;
}

export interface SessionEvents {
  /** Registered: the master's sysUpTime, hundredths of a second, at this moment. */
  readonly registered: (sysUpTime: number) => void;
  /** Over, by itself: why. Said once, and not after `close`. */
  readonly ended: (reason: string) => void;
}

export class Session {
  readonly #netSnmp: typeof import('net-snmp').default;
  readonly #subagent: Subagent;
  readonly #mib: Mib;
  readonly #events: SessionEvents;
  readonly #stream = new PduStream();
  readonly #timer: NodeJS.Timeout;
  #answering: Promise<void> = Promise.resolve();
  #waiting = 0;
  #opened = false;
  #over = false;

  private constructor(
    netSnmp: typeof import('net-snmp').default,
    { host, port }: MasterAddress,
    mib: Mib,
    description: string,
    events: SessionEvents,
  ) {
    this.#netSnmp = netSnmp;
    this.#mib = mib;
    this.#events = events;
    const none = { registerProvider: () => {} };
    const options = { master: host, masterPort: port, timeout: answerSeconds, description, mib: none };
    this.#subagent = netSnmp.createSubagent(options);
    this.#timer = setTimeout(() => this.#end('no answer'), openMilliseconds).unref();
    const { socket } = this.#subagent;
    socket.removeAllListeners('data');
    socket.on('data', (piece: Buffer) => this.#guarded(() => this.#take(piece)));
    socket.once('connect', () => this.#guarded(() => this.#open()));
    this.#subagent.on('error', (error: Error) => this.#end(error.message));
    this.#subagent.on('close', () => this.#end('the connection was closed'));
  }

  static async start(address: MasterAddress, mib: Mib, description: string, events: SessionEvents): Promise<Session> {
    const { default: netSnmp } = await import('net-snmp');
    return new Session(netSnmp, address, mib, description, events);
  }

  /** Takes leave of the master. Nothing is said of it. */
  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    const { socket } = this.#subagent;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, closeMilliseconds).unref();
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      if (this.#opened) this.#subagent.close(() => socket.end());
      else socket.destroy();
    });
    socket.destroy();
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#subagent.socket.destroy();
    this.#events.ended(reason);
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    }
  }

  #open(): void {
    this.#subagent.socket.setKeepAlive(true, 30_000);
    this.#subagent.open((_, opened) => {
      if (opened.error !== AgentXError.none)
        return this.#end(`the master refused the session: ${errorText(opened.error)}`);
      this.#opened = true;
      this.#register();
    });
  }

  #register(): void {
    const provider = { name: 'mplsL3VpnMIB', oid: this.#mib.root.join('.') };
    this.#subagent.registerProvider(provider, (_, registered) => {
      const { error, sysUpTime } = registered;
      if (error !== AgentXError.none) return this.#end(`the master refused ${provider.oid}: ${errorText(error)}`);
      clearTimeout(this.#timer);
      if (!this.#over) this.#events.registered(sysUpTime);
    });
  }

  #take(piece: Buffer): void {
    for (const pdu of this.#stream.take(piece)) {
      const { type, packetId } = readHeader(pdu);
      if (type === PduType.close) return this.#end('the master closed the session');
      if (type !== PduType.response) this.#enqueue(pdu);
      // net-snmp complains on the console of an answer that nobody waits for.
      else if (this.#subagent.requestPdus[packetId] !== undefined) this.#takeResponse(pdu);
    }
  }

  #takeResponse(pdu: Buffer): void {
    if (pdu.length < 28) throw new Error('a response that is too short');
    this.#subagent.onMsg(pdu);
  }

  #enqueue(pdu: Buffer): void {
    if (this.#waiting >= waitingMax) {
      this.#send(pdu, { error: AgentXError.processingError, index: 0, values: [] });
      return;
    }
    this.#waiting++;
    this.#answering = this.#answering.then(async () => {
      this.#waiting--;
      if (this.#over) return;
      const answer = await this.#answerTo(pdu);
      if (answer !== undefined && !this.#over) this.#guarded(() => this.#send(pdu, answer));
    });
  }

  async #answerTo(pdu: Buffer): Promise<Answer | undefined> {
    try {
      return await answerPdu(this.#mib, pdu, this.#subagent.sessionID);
    } catch {
      return { error: AgentXError.genErr, index: 1, values: [] };
    }
  }

  #send(request: Buffer, { error, index, values }: Answer): void {
    const { sessionId, transactionId, packetId } = readHeader(request);
    const pdu = this.#netSnmp.AgentXPdu.createFromVariables({ pduType: PduType.response, sessionID: sessionId });
    // Set here, since a 0 given above is taken for nothing.
    pdu.transactionID = transactionId;
    pdu.packetID = packetId;
    pdu.error = error;
    pdu.index = index;
    pdu.varbinds = values.map(({ oid, type, value }) => ({ oid: oid.join('.'), type, value }));
    this.#subagent.sendPdu(pdu, null);
  }
}

const errorTexts = new Map<number, string>([
  [AgentXError.duplicateRegistration, 'somebody has registered it already'],
  [AgentXError.requestDenied, 'not allowed'],
]);

function errorText(error: number): string {
  return errorTexts.get(error) ?? `AgentX error ${error}`;
}
