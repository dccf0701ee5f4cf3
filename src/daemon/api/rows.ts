// From views of the router to what the API sends: plain rows, with objects in the words of the configuration file.
import { interfaceConfig, macText, pathConfig, vrfConfig } from '../../control/live/to-config.ts';
import type { RouterModel } from '../../control/model.ts';
import { formatAddress, formatPrefix } from '../../wire/address.ts';
import type { AdapterView } from '../adapter.ts';
import type { LabelView, NeighborView, RouterPlane, RouteView, SourceView, VrfView } from './service.ts';

type Row = Record<string, unknown>;

function owned(view: RouteView | LabelView): Row {
  const { source, state, why, isStale, firstPath, pathCount, counted, countedByPath } = view;
  return {
    source,
    state,
    ...(why !== undefined && { why }),
    ...(isStale && { stale: true }),
    ...(pathCount > 0 && { firstPath, pathCount }),
    ...(counted !== undefined && { counted }),
    ...(countedByPath !== undefined && { countedByPath }),
  };
}

export function routeRowOf(view: RouteView): Row {
  return {
    vrf: view.vrf,
    prefix: formatPrefix(view.prefix),
    ...owned(view),
    distance: view.distance,
    ...(view.local !== undefined && { local: view.local }),
    ...(view.interface !== undefined && { interface: view.interface }),
    paths: view.paths.map(pathConfig),
  };
}

export function labelRowOf(view: LabelView): Row {
  return { label: view.label, ...owned(view), paths: view.paths.map(pathConfig) };
}

export function neighborRowOf({ interface: on, address, mac, isStatic, isUp }: NeighborView): Row {
  return {
    interface: on,
    address: formatAddress(address),
    ...(mac && { mac: macText(mac) }),
    static: isStatic,
    up: isUp,
  };
}

/** In and out by the interfaces of the VRF. */
export function vrfRowOf({ model, label, interfaces, routes }: VrfView, plane: RouterPlane): Row {
  const accounts = plane.accounts();
  return {
    name: model.name,
    ...(label !== undefined && { label }),
    interfaces,
    routes,
    ...accounts?.sumOf(interfaces),
    config: vrfConfig(model),
  };
}

/** Ports and sub-interfaces in the order of the configuration. */
export function* interfaceRows(model: RouterModel, plane: RouterPlane): Generator<Row> {
  const ports = new Map(plane.ports().map((port) => [port.name, port]));
  const { interfaces, devices } = plane.summary();
  const controls = plane.controlCounts();
  for (const entry of model.interfaces) {
    const { name, port, role, vrf } = entry;
    const state = ports.get(port);
    const books = interfaces[name];
    yield {
      name,
      port,
      role,
      up: state?.isUp ?? false,
      ...(state?.complaint && { complaint: state.complaint }),
      ...(vrf !== undefined && { vrf }),
      config: interfaceConfig(entry),
      ...(name === port ? books && { in: books.in, out: books.out } : plane.accounts()?.interface(name)),
      ...(devices[name] && { device: devices[name] }),
      ...(controls[name] && { controlPort: controls[name] }),
    };
  }
}

/** A row for each source that has anything, and for each adapter. */
export function* sourceRows(sources: readonly SourceView[], adapters: readonly AdapterView[]): Generator<Row> {
  const left = new Map(adapters.map((adapter) => [adapter.source, adapter]));
  for (const view of sources) {
    const adapter = left.get(view.source);
    left.delete(view.source);
    yield adapter === undefined ? { ...view } : { ...view, adapter: adapterRow(adapter) };
  }
  for (const adapter of left.values()) {
    yield {
      source: adapter.source,
      distance: adapter.distance,
      routes: 0,
      labels: 0,
      stale: 0,
      adapter: adapterRow(adapter),
    };
  }
}

function adapterRow({ address, isConnected, peer, sessions, messages, changes, refused }: AdapterView): Row {
  return { address, connected: isConnected, peer, sessions, messages, changes, refused };
}
