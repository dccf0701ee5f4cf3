// The public face of a running router's control: what an API, routing adapters and the command line need.
export type { FrameTotals } from '../../engine/accounts.ts';
export type { AccountBook, Traffic } from './account-book.ts';
export {
  type Change,
  type ChangeKind,
  changeKinds,
  type EntryChange,
  keySchemas,
  type Operation,
  objectSchemas,
  operations,
} from './changes.ts';
export { LabelManager, type LabelState } from './label-manager.ts';
export {
  type ControlOptions,
  RouterControl,
  type TransactionRequest,
  type TransactionResult,
} from './router-control.ts';
export type { SourceView } from './source-views.ts';
export {
  configOf,
  interfaceConfig,
  labelConfig,
  macText,
  neighborConfig,
  routeConfig,
  vrfConfig,
} from './to-config.ts';
export type { ChangeError } from './transaction.ts';
export type { BindingView, LabelView, NeighborView, RouteFilter, RouteView, VrfView } from './views.ts';
