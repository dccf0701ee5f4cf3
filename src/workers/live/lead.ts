// The forwarder that has the slow path, and with it all state: neighbours, held packets, limits. It treats its own share
// of what arrives, what followers leave to it, and what control ports send.
import { Forwarder, type LiveEvent } from '../../engine/forwarder.ts';
import { copyNeighbors } from '../../engine/handover.ts';
import { copySequences, type NamedTables, renumberedCircuits } from '../../engine/handover-layer2.ts';
import { circuitOfInterface, circuitOfPseudowire, MacFlush } from '../../engine/layer2-state.ts';
import { MacCopy } from '../../engine/mac-copy.ts';
import type { FrameRing } from '../../io/devices/frame-ring.ts';
import type { LiveDevice } from '../../io/live-device.ts';
import { Tables } from '../../tables/tables.ts';
import { formatIpv4, formatIpv6 } from '../../wire/address.ts';
import { Batch } from '../../wire/batch.ts';
import { formatMac } from '../../wire/ethernet.ts';
import { leftTag } from './follower.ts';
import { LiveOutput } from './live-output.ts';
import type { MacPlace, NeighborEvent, Publication } from './messages.ts';
import type { ThreadPorts } from './thread-ports.ts';

/** MAC addresses that are looked at in a turn while they are copied, made younger or flushed. */
const macsEachTurn = 512;

/** Work that takes longer than a turn may: a step a turn, until there is no more. */
export interface Errand {
  /** Answers whether there is more to do. */
  step(): boolean;
}

/** Tables that a lead is to go over to: it takes along what bridges have learned. */
export interface Coming extends Errand {
  readonly tables: Tables;
  readonly copy: MacCopy;
}

/** What lasts while tables come and go. */
export interface LeadSetup {
  readonly ports: ThreadPorts;
  /** From each follower. */
  readonly rings: readonly FrameRing[];
  readonly controlOf: (slot: number) => LiveDevice | undefined;
  readonly onEvent: (event: NeighborEvent) => void;
}

export class Lead {
  readonly forwarder: Forwarder;
  readonly batch: Batch;
  readonly tables: Tables;
  readonly publication: Publication;
  /** By interface of the tables: the slot of its control port, or -1. */
  #controlSlots: readonly number[];
  readonly #setup: LeadSetup;
  readonly #output: LiveOutput;
  /** Frames from rings and control ports, for which there is no fast path. */
  readonly #aside = new Batch();

  /** What bridges had learned by the tables before these: ages are still to be carried over. */
  #copy: MacCopy | undefined;

  /**
   * With another lead, which has prepared for these tables by `comeTo`: takes over what that one knows of neighbours and
   * holds for them. That one is done with.
   */
  constructor(setup: LeadSetup, publication: Publication, before?: Lead, coming?: Coming) {
    const { place, puntLimits } = publication;
    this.#setup = setup;
    this.publication = publication;
    this.#controlSlots = publication.controls;
    this.tables = coming?.tables ?? Tables.open(publication.tables);
    this.#copy = coming?.copy;
    this.#output = new LiveOutput(setup.ports);
    this.forwarder = new Forwarder(this.tables, this.#output, {
      place,
      live: { puntLimits, onEvent: (event) => setup.onEvent(namedEvent(event, publication.interfaceNames)) },
    });
    this.#output.counters = this.forwarder.counters;
    this.batch = this.forwarder.newBatch();
    if (before !== undefined) this.#takeOver(before);
    this.useControls();
  }

  /** A control port has been opened or closed, or slots have changed. */
  useControls(slots = this.#controlSlots): void {
    this.#controlSlots = slots;
    this.#output.controls = slots.map((slot) => (slot < 0 ? undefined : this.#setup.controlOf(slot)));
  }

  process(): void {
    this.forwarder.process(this.batch);
  }

  asleep(): void {
    this.forwarder.asleep();
  }

  awake(): void {
    this.forwarder.awake();
  }

  get counters() {
    return this.forwarder.counters;
  }

  /** Something waits in a ring. */
  get hasWork(): boolean {
    return this.#setup.rings.some((ring) => !ring.isEmpty);
  }

  /** To be done before another lead with this publication takes over. */
  comeTo(publication: Publication): Coming {
    const tables = Tables.open(publication.tables);
    const copy = new MacCopy(this.#named, namedTables(tables, publication));
    return { tables, copy, step: () => copy.step(macsEachTurn) };
  }

  /** Forgets what bridges have learned in a place; `done` hears how many addresses that were. */
  flush({ bridge, interface: on, pseudowire }: MacPlace, done: (flushed: number) => void): Errand {
    const { interfaceNames, pseudowireNames, bridgeNames } = this.publication;
    const circuits = [
      ...(on === undefined ? [] : [circuitOfInterface(this.tables, interfaceNames.indexOf(on))]),
      ...(pseudowire === undefined ? [] : [circuitOfPseudowire(this.tables, pseudowireNames.indexOf(pseudowire))]),
    ];
    const flush = new MacFlush(this.tables, {
      bridge: bridge === undefined ? undefined : bridgeNames.indexOf(bridge),
      // Nothing is behind two places.
      circuit: circuits.length > 1 ? 0 : circuits[0],
    });
    return {
      step: () => {
        const more = flush.step(macsEachTurn);
        if (!more) done(flush.flushed);
        return more;
      },
    };
  }

  /** What followers have left and control ports have sent, a batch of each; answers whether there was anything. */
  treatAside(): boolean {
    let busy = this.#freshen();
    for (const ring of this.#setup.rings) busy = this.#treatDetours(ring) || busy;
    const { controls } = this.#output;
    for (let index = 0; index < controls.length; index++) {
      const control = controls[index];
      if (control !== undefined) busy = this.#treatControl(control, index) || busy;
    }
    return busy;
  }

  /** Ages that frames have changed while they were copied. */
  #freshen(): boolean {
    if (this.#copy === undefined) return false;
    if (!this.#copy.freshen(macsEachTurn)) this.#copy = undefined;
    return true;
  }

  #treatDetours(ring: FrameRing): boolean {
    const batch = this.#aside;
    batch.clear();
    const count = ring.take(batch);
    if (count === 0) return false;
    const { ports } = this.#setup;
    const { bytes, start, captured, original } = batch;
    for (let slot = 0; slot < count; slot++) {
      const port = ports.portOf(batch.port[slot]);
      batch.port[slot] = port;
      // A port that is gone meanwhile: its frames went with it.
      if (port < 0) continue;
      if (ring.readTag(slot) === leftTag) this.forwarder.processSlow(batch, slot);
      else this.#output.transmit(port, bytes, start[slot], captured[slot], original[slot]);
    }
    // Followers may overtake from here on.
    ports.flush();
    ring.release();
    return true;
  }

  #treatControl(control: LiveDevice, interfaceIndex: number): boolean {
    const batch = this.#aside;
    batch.clear();
    const count = control.receive(batch, 0);
    const { bytes, start, captured, seconds, nanoseconds } = batch;
    for (let slot = 0; slot < count; slot++) {
      this.forwarder.sendFromControl(
        interfaceIndex,
        bytes,
        start[slot],
        captured[slot],
        seconds[slot],
        nanoseconds[slot],
      );
    }
    if (control.pending > 0) control.flush();
    return count > 0;
  }

  get #named(): NamedTables {
    return namedTables(this.tables, this.publication);
  }

  #takeOver(before: Lead): void {
    const names = this.publication.interfaceNames;
    const indexOf = new Map(names.map((name, index) => [name, index]));
    const old = before.publication.interfaceNames;
    copyNeighbors(before.tables, this.tables, (index) => indexOf.get(old[index]) ?? -1);
    copySequences(before.#named, this.#named);
    const { ports } = this.#setup;
    const handed = before.forwarder.handOver((port) => ports.portOf(before.publication.slots[port]));
    this.forwarder.takeOver(handed, renumberedCircuits(before.#named, this.#named));
  }
}

function namedTables(tables: Tables, publication: Publication): NamedTables {
  const { interfaceNames, pseudowireNames, bridgeNames } = publication;
  return { tables, interfaces: interfaceNames, pseudowires: pseudowireNames, bridges: bridgeNames };
}

function namedEvent({ kind, interface: index, address, mac }: LiveEvent, names: readonly string[]): NeighborEvent {
  return {
    kind,
    interface: names[index],
    address: address.length === 1 ? formatIpv4(address[0]) : formatIpv6(address),
    ...(mac && { mac: formatMac(mac.high, mac.low) }),
  };
}
