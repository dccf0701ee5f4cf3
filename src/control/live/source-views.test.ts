// What each source has, counted: active entries, waiting ones, stale ones.
import { expect, test } from 'vitest';
import { parsePrefix } from '../../wire/address.ts';
import { parseConfig } from '../config/index.ts';
import type { ActionPath } from '../model.ts';
import { RouterControl } from './router-control.ts';

const config = `interfaces: {core1: {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/30]}}
routes: [{prefix: 10.3.0.0/16, via: 10.0.12.2}]
`;
const drop: ActionPath = {
  kind: 'drop',
  target: '',
  weight: 1,
  backup: false,
  ttl: undefined,
  tc: undefined,
  payload: undefined,
};

test('counts by source', () => {
  const control = new RouterControl(parseConfig(config, 'x.yaml'), { live: true });
  const of = (source: string) => control.sourceViews().find((each) => each.source === source);
  const put = (source: string, text: string) => {
    const prefix = parsePrefix(text);
    if (prefix === undefined) throw new Error(text);
    control.apply(source, [{ op: 'replace', route: { path: '', vrf: undefined, prefix, paths: [drop] } }]);
  };
  expect(of('config')).toEqual({ source: 'config', distance: 1, routes: 1, labels: 0, stale: 0 });
  expect(of('fpm')).toBeUndefined();
  // Behind that of the configuration.
  put('fpm', '10.3.0.0/16');
  put('fpm', '10.4.0.0/16');
  put('fpm', '2001:db8::/32');
  control.apply('fpm', [{ op: 'replace', label: { path: '', label: 100, paths: [drop] } }]);
  expect(of('fpm')).toEqual({ source: 'fpm', distance: 20, routes: 3, labels: 1, stale: 0 });
  control.markStale('fpm');
  put('fpm', '10.4.0.0/16');
  expect(of('fpm')).toMatchObject({ routes: 3, labels: 1, stale: 3 });
  control.sweep('fpm');
  expect(of('fpm')).toMatchObject({ routes: 1, labels: 0, stale: 0 });
  expect(of('config')).toMatchObject({ routes: 1 });
});
