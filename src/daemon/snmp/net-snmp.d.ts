// What the house uses of the package net-snmp, which has no types of its own.
declare module 'net-snmp' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  export interface AgentXResponse {
    sessionID: number;
    transactionID: number;
    packetID: number;
    /** Hundredths of a second. */
    sysUpTime: number;
    /** 0, or what is wrong (RFC 2741, section 7.3). */
    error: number;
    index: number;
    varbinds: readonly { oid: string; type: number; value: string | number | null }[] | null;
  }

  export interface Subagent extends EventEmitter {
    readonly socket: Socket;
    readonly sessionID: number;
    /** Requests of ours that wait for their answer, by packet number. */
    readonly requestPdus: Readonly<Record<number, unknown>>;
    open(done: (error: Error | null, answer: AgentXResponse) => void): void;
    registerProvider(
      provider: { readonly name: string; readonly oid: string },
      done: (error: Error | null, answer: AgentXResponse) => void,
    ): void;
    close(done: () => void): void;
    /** Takes one whole PDU. */
    onMsg(pdu: Buffer): void;
    sendPdu(pdu: AgentXResponse, done: null): void;
  }

  export interface SubagentOptions {
    readonly master: string;
    readonly masterPort: number;
    /** Seconds that the master waits for an answer. */
    readonly timeout: number;
    readonly description: string;
    readonly mib: { registerProvider(): void };
  }

  interface NetSnmp {
    createSubagent(options: SubagentOptions): Subagent;
    readonly AgentXPdu: {
      createFromVariables(variables: { readonly pduType: number; readonly sessionID: number }): AgentXResponse;
    };
  }

  const netSnmp: NetSnmp;
  export default netSnmp;
}
