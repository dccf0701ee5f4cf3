// A question to a running router's control API.
import { request } from 'node:http';
import { Readable } from 'node:stream';

/** Asks the control API on a socket; throws what it refuses with. */
export function callApi(
  socket: string,
  method: string,
  path: string,
  body?: string | Readable,
  type = 'application/json',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, method, path, headers: { 'content-type': type } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(text.slice(0, 500)))));
    });
    asked.on('error', reject);
    if (body instanceof Readable) body.pipe(asked);
    else asked.end(body);
  });
}
