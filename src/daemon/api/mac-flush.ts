// The operation that forgets what bridges have learned: by bridge, by port of a bridge, or all of it.
import { type TObject, Type } from '@sinclair/typebox';
import { refusal } from './api-error.ts';
import { type Endpoint, MediaType } from './endpoint.ts';
import { flushSchema } from './schemas.ts';
import type { MacPlace, RouterPlane, RouterService } from './service.ts';

const optional = (description: string) => Type.Optional(Type.String({ description }));
const query: TObject = Type.Object(
  {
    bridge: optional('Only those of this bridge.'),
    interface: optional('Only those behind this interface.'),
    pseudowire: optional('Only those behind this pseudowire.'),
  },
  { additionalProperties: false },
);

/** What is named has to be there: who has mistyped a name shall not believe that something was done. */
function assertKnown(place: MacPlace, plane: RouterPlane): void {
  const { bridges, interfaces, pseudowires } = plane.forwarding().model;
  const known = { bridge: bridges, interface: interfaces, pseudowire: pseudowires };
  for (const [kind, all] of Object.entries(known)) {
    const name = place[kind as keyof MacPlace];
    if (name === undefined || all.some((each) => each.name === name)) continue;
    throw refusal(404, `no ${kind} ${JSON.stringify(name.slice(0, 40))}`, kind);
  }
  if (place.interface !== undefined && place.pseudowire !== undefined) {
    throw refusal(400, 'an address is behind an interface or behind a pseudowire', 'pseudowire');
  }
}

export function macFlushEndpoint({ plane }: RouterService): Endpoint {
  return {
    method: 'POST',
    path: '/macs/flush',
    summary: 'Forgets MAC addresses that bridges have learned; configured ones stay.',
    query,
    answers: { 200: { description: 'Forgotten.', content: { [MediaType.json]: flushSchema } } },
    handle: async (request) => {
      const place = request.query as MacPlace;
      assertKnown(place, plane);
      return { flushed: await plane.flushMacs(place) };
    },
  };
}
