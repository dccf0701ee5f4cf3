// Writes every capture under pcaps/: `npx tsx pcaps/generate.ts`. The same bytes each time, which a test insists on.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { captureFile } from './build.ts';
import { siteNames, siteOf } from './lab.ts';
import { coreSamples, customerSamples, snappedSamples } from './malformed.ts';
import { labTraffic } from './traffic.ts';

/** The longest frame that the capture with cut frames keeps whole, bytes. */
const snapLength = 48;
/** Bytes missing at the end of the truncated file: it stops inside its last frame. */
const missing = 20;

/** All captures, by path below pcaps/. */
export function generateCaptures(): ReadonlyMap<string, Uint8Array> {
  const probes = labTraffic();
  const captures = new Map<string, Uint8Array>();
  for (const name of siteNames) {
    const frames = probes.filter((probe) => probe.from === name);
    captures.set(`lab/${siteOf(name).capture}`, captureFile(frames));
  }
  captures.set('malformed/customer.pcap', captureFile(customerSamples()));
  captures.set('malformed/core.pcap', captureFile(coreSamples()));
  captures.set('malformed/snapped.pcap', captureFile(snappedSamples(), snapLength));
  captures.set('malformed/truncated.pcap', captureFile(coreSamples()).slice(0, -missing));
  return captures;
}

function writeCaptures(): void {
  for (const [name, bytes] of generateCaptures()) {
    const path = fileURLToPath(new URL(name, import.meta.url));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    process.stdout.write(`pcaps/${name}: ${bytes.length} bytes\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeCaptures();
