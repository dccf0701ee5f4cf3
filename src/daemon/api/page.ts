// The API for readers: one page without scripts or foreign parts, made from the endpoints.
import type { TSchema } from '@sinclair/typebox';
import { expectation } from '../../control/config/expected.ts';
import type { Endpoint } from './endpoint.ts';

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
h2{margin-top:2.5rem;font-size:1.1rem}code,h2{font-family:ui-monospace,monospace}table{border-collapse:collapse}
td,th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0}td:first-child{white-space:nowrap}
@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}a{color:#8ab4f8}}`;

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function table(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`);
  return `<table>${lines.join('')}</table>`;
}

function parameterRow([name, schema]: [string, TSchema]): string[] {
  const { description = '' } = schema;
  return [`<code>${escaped(name)}</code>`, escaped(description || expectation(schema))];
}

function section({ method, path, summary, query, body, answers }: Endpoint): string {
  const parameters = Object.entries(query?.properties ?? {}).map(parameterRow);
  const rows = Object.entries(answers).map(([status, { description, content = {} }]) => [
    status,
    escaped(description),
    Object.keys(content)
      .map((type) => `<code>${escaped(type)}</code>`)
      .join('<br>'),
  ]);
  return [
    `<h2 id="${method}${escaped(path)}">${method} ${escaped(path)}</h2><p>${escaped(summary)}</p>`,
    parameters.length > 0 ? `<h3>Parameters</h3>${table(parameters)}` : '',
    body ? `<h3>Body</h3><p>${body.types.map((type) => `<code>${type}</code>`).join(' or ')}</p>` : '',
    `<h3>Answers</h3>${table(rows)}`,
  ].join('');
}

export function readablePage(endpoints: readonly Endpoint[], version: string): string {
  const contents = endpoints.map(({ method, path, summary }) => [
    `<a href="#${method}${escaped(path)}"><code>${method} ${escaped(path)}</code></a>`,
    escaped(summary),
  ]);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>shimline API</title>
<meta name="viewport" content="width=device-width"><style>${style}</style></head><body><h1>shimline ${escaped(version)}</h1>
<p>The control API of a running router. Programs read <a href="openapi.json">openapi.json</a>. What is wrong with a request is
answered as <code>{"errors": [{"path", "message"}]}</code>.</p>${table(contents)}${endpoints.map(section).join('')}</body></html>
`;
}
