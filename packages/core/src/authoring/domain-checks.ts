import { boolean, callback, exactly, fields, isPlainObject, number } from './checks';
import type { Check } from './checks';
import { standInOf } from '../host-value';

/** A parameter tree: a plain object of tensors by path, possibly empty; none was disposed. */
export function paramTree(): Check {
  return {
    expected: 'a parameter tree, { path: tensor }, none of them disposed',
    accepts: (value) => isPlainObject(value) && Object.values(value).every(isTensor),
    wrongPart: (value) => {
      const found = Object.entries(isPlainObject(value) ? value : {}).find(
        ([, part]) => !isTensor(part),
      );
      return found && { at: `["${found[0]}"]`, value: described(found[1]), check: tensor() };
    },
  };
}

/**
 * A tensor that was not disposed. It is recognised by its properties, so that a tensor of a second
 * copy of tfjs counts too.
 */
function isTensor(value: unknown): boolean {
  return isAnyTensor(value) && (value as { isDisposed?: boolean }).isDisposed !== true;
}

function isAnyTensor(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'dataId' in value && 'shape' in value;
}

function described(value: unknown): unknown {
  return isAnyTensor(value) ? 'one that was disposed' : value;
}

/** A random `Key`, as `key(seed)`, `split` and `foldIn` return it. */
export function randomKey(): Check {
  const word = number({ integer: true, min: 0, below: 2 ** 32 });
  const { accepts } = fields({ high: word, low: word, draws: exactly(false) }, ['high', 'low']);
  return {
    expected: 'a key, as key(seed) returns it',
    // The words of a key of a compiled step are not known yet.
    accepts: (value) => (isPlainObject(value) && standInOf(value) !== undefined) || accepts(value),
  };
}

/** A tensor of any shape. */
export function tensor(): Check {
  return { expected: 'a tensor that was not disposed', accepts: isTensor };
}

/** A `Context` of a forward pass. Only `training` is checked, since layers are called often. */
export function anyContext(): Check {
  return {
    expected: 'a context, { training, key, … }',
    accepts: (value) =>
      typeof value === 'object' &&
      value !== null &&
      typeof (value as { training?: unknown }).training === 'boolean',
  };
}

/** A `Context` of a forward pass; every field is checked. */ export function context(): Check {
  return fields(
    {
      training: boolean(),
      key: randomKey(),
      step: number({ integer: true, min: 0 }),
      record: callback('(path, value)'),
      frozen: callback('(path) => boolean'),
      recompute: boolean(),
    },
    ['training', 'key'],
  );
}

/** A `Batch`. Only `size` is checked; the functions that read a batch check its lists. */
export function batch(): Check {
  return {
    expected: 'a batch, { size, ids, groups, image, text, … }',
    accepts: (value) => isPlainObject(value) && typeof value['size'] === 'number',
  };
}
