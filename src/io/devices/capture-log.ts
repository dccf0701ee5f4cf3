// A capture that is written while the router runs. A full disk stops no frame: what cannot be written is counted, the file
// is cut back to its last whole record, and after a while writing is tried again, or given up. Records are gathered, so
// that a call to the system serves many.
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { frameBytesMax } from '../../wire/batch.ts';
import { ioError } from '../io-error.ts';
import { putPcapRecord } from '../pcap-record.ts';
import { putPcapHeader } from '../pcap-writer.ts';
import { noOptions, putPacket } from '../pcapng-record.ts';
import { putInterface, putSectionHeader } from '../pcapng-writer.ts';
import { RecordSpace } from '../record-space.ts';

export interface CaptureLogOptions {
  /** A name that ends with `.pcapng` makes one, any other a pcap; with nanoseconds. */
  readonly path: string;
  /** Interfaces of a pcapng, of which `append` names one by its place. */
  readonly interfaces: readonly string[];
  /** Tries again later after a failure; else gives up for good. */
  readonly retries: boolean;
  /** Hears in one line of a failure, and of its end. */
  readonly report: (line: string) => void;
  /** For tests: milliseconds, and the system's call. */
  readonly clock?: () => number;
  readonly write?: (fd: number, bytes: Uint8Array, from: number, count: number, place: number | null) => number;
}

/** Written when so much has gathered, or so long after the first of it. */
const flushBytes = 64 * 1024;
const flushMilliseconds = 10;
const retryMilliseconds = 5000;
const besideFrameBytesMax = 1024;

export class CaptureLog {
  /** Frames, and their bytes, that were not written. */
  failed = 0;
  failedBytes = 0;
  readonly #options: CaptureLogOptions;
  readonly #isPcapng: boolean;
  readonly #records: RecordSpace;
  readonly #clock: () => number;
  readonly #write: NonNullable<CaptureLogOptions['write']>;
  #fd: number;
  readonly #isRegular: boolean;
  /** Bytes of whole records in the file. */
  #fileBytes = 0;
  #heldFrames = 0;
  #heldBytes = 0;
  #heldSince = 0;
  #isFailing = false;
  #retryAt = 0;

  /** Creates or empties the file. Throws ShimlineError IO; later nothing is thrown. */
  constructor(options: CaptureLogOptions) {
    const header = 1024 + options.interfaces.reduce((sum, name) => sum + name.length * 3 + 64, 0);
    this.#options = options;
    this.#isPcapng = options.path.endsWith('.pcapng');
    this.#records = new RecordSpace(new Uint8Array((header + flushBytes + frameBytesMax + besideFrameBytesMax) & ~3));
    this.#clock = options.clock ?? (() => performance.now());
    this.#write = options.write ?? writeSync;
    try {
      this.#fd = openSync(options.path, 'w');
    } catch (error) {
      throw ioError(options.path, error);
    }
    this.#isRegular = fstatSync(this.#fd).isFile();
    this.#putHeader();
    this.#writeOut();
  }

  /** Frames that are gathered and not yet written. */
  get held(): number {
    return this.#heldFrames;
  }

  /** Given up, or closed. */
  get isStopped(): boolean {
    return this.#fd < 0;
  }

  /** Copies a frame, of the interface with this place in the list. What cannot be written is counted, sooner or later. */
  append(
    id: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
  ): void {
    if (this.#records.at >= flushBytes) this.#writeOut();
    if (this.#fd < 0 || captured > frameBytesMax || (this.#isFailing && this.#clock() < this.#retryAt)) {
      this.failed++;
      this.failedBytes += captured;
      return;
    }
    if (this.#heldFrames === 0) this.#heldSince = this.#clock();
    this.#heldFrames++;
    this.#heldBytes += captured;
    if (this.#isPcapng) {
      putPacket(this.#records, id, true, bytes, start, captured, original, seconds, nanoseconds, noOptions);
    } else putPcapRecord(this.#records, true, bytes, start, captured, original, seconds, nanoseconds);
  }

  /** Writes what has gathered if that is much or has waited. */
  flush(): void {
    if (this.#heldFrames === 0) return;
    if (this.#records.at >= flushBytes || this.#clock() - this.#heldSince >= flushMilliseconds) this.#writeOut();
  }

  /** Writes what has gathered and closes the file. May be called twice. */
  close(): void {
    if (this.#fd < 0) return;
    if (this.#heldFrames > 0) this.#writeOut();
    this.#giveUp();
  }

  #putHeader(): void {
    if (this.#isPcapng) {
      putSectionHeader(this.#records);
      for (const name of this.#options.interfaces) putInterface(this.#records, name, true);
    } else putPcapHeader(this.#records, true);
  }

  #writeOut(): void {
    const records = this.#records;
    if (this.#fd < 0) return;
    try {
      for (let done = 0; done < records.at; ) {
        const place = this.#isRegular ? this.#fileBytes + done : null;
        done += this.#write(this.#fd, records.bytes, done, records.at - done, place);
      }
      this.#fileBytes += records.at;
      records.at = 0;
      this.#heldFrames = this.#heldBytes = 0;
      if (this.#isFailing) this.#say('is written again');
      this.#isFailing = false;
    } catch (error) {
      this.#lose(error);
    }
  }

  /** What has gathered is lost, with what the file holds of it. */
  #lose(error: unknown): void {
    this.failed += this.#heldFrames;
    this.failedBytes += this.#heldBytes;
    this.#heldFrames = this.#heldBytes = 0;
    this.#records.at = 0;
    try {
      if (this.#isRegular) ftruncateSync(this.#fd, this.#fileBytes);
    } catch {
      // The next write goes to the same place.
    }
    if (this.#fileBytes === 0) this.#putHeader();
    const sentence = ioError(this.#options.path, error).message;
    if (!this.#isFailing) {
      this.#options.report(
        `${sentence}; ${this.#options.retries ? 'frames are not written until that changes' : 'capturing ends'}`,
      );
    }
    this.#isFailing = true;
    this.#retryAt = this.#clock() + retryMilliseconds;
    if (!this.#options.retries) this.#giveUp();
  }

  #say(text: string): void {
    this.#options.report(`${this.#options.path}: ${text}`);
  }

  #giveUp(): void {
    const fd = this.#fd;
    this.#fd = -1;
    try {
      closeSync(fd);
    } catch (error) {
      this.#options.report(ioError(this.#options.path, error).message);
    }
  }
}
