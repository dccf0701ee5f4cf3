// What zebra sends by FPM, into a file, or only counted: a TCP server that reads and does nothing else. A program of its
// own, so that it can run in another namespace: `tsx record-fpm.ts PORT [FILE]`, ended by SIGTERM.
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';

const [port = '2620', path] = process.argv.slice(2);
const file = path === undefined ? undefined : createWriteStream(path);
let bytes = 0;
let first = 0;
let last = 0;

const server = createServer((zebra) => {
  zebra.on('error', () => undefined);
  zebra.on('data', (part) => {
    last = Date.now();
    first ||= last;
    bytes += part.length;
    file?.write(part);
  });
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));

process.once('SIGTERM', () => {
  // When the first and the last byte came, milliseconds of this machine's clock.
  process.stdout.write(`${JSON.stringify({ bytes, first, last })}\n`);
  server.close();
  if (file === undefined) process.exit();
  file.end(() => process.exit());
});
