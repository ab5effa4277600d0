export {
  anyOf,
  anyText,
  anything,
  boolean,
  callback,
  count,
  dropRate,
  exactly,
  fields,
  having,
  listOf,
  number,
  oneOf,
  recordOf,
  requireValue,
  share,
  text,
} from './checks';
export type { Check, NumberBounds } from './checks';
export { anyContext, batch, context, paramTree, randomKey, tensor } from './domain-checks';
export { checkOptions, readOptions, requireKnownKeys, requireObject } from './options';
export type { Checks } from './options';
export { plainValue, withConfig } from './part-config';
export {
  requireBoolean,
  requireDivisor,
  requireNumber,
  requireOneOf,
  requireText,
} from './require';
export { repeatedKey } from './repeated-key';
export { nearestName } from '../errors';
export { lookUp } from '../look-up';
export { Markup, markup } from './markup';
