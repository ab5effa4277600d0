import { boolean, callback, exactly, fields, isPlainObject, number } from './checks';
import type { Check } from './checks';

/** A tree of parameters: a plain object of tensors by path; it may be empty. */
export function paramTree(): Check {
  return {
    expected: 'a parameter tree, { path: tensor }',
    accepts: (value) => isPlainObject(value) && Object.values(value).every(isTensor),
  };
}

/** A tensor is known by its form, so that one of another copy of tfjs counts as well. */
function isTensor(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'dataId' in value && 'shape' in value;
}

/** A `Key`, as `key(seed)`, `split` and `foldIn` give it. */
export function randomKey(): Check {
  const word = number({ integer: true, min: 0, below: 2 ** 32 });
  const { accepts } = fields({ high: word, low: word, draws: exactly(false) }, ['high', 'low']);
  return { expected: 'a key, as key(seed) gives it', accepts };
}

/** A tensor of any shape. */
export function tensor(): Check {
  return { expected: 'a tensor', accepts: isTensor };
}

/** A `Context` of a forward pass, by its mode alone: layers are called often. */
export function anyContext(): Check {
  return {
    expected: 'a context, { training, key, … }',
    accepts: (value) =>
      typeof value === 'object' &&
      value !== null &&
      typeof (value as { training?: unknown }).training === 'boolean',
  };
}

/** A `Context` of a forward pass. */
export function context(): Check {
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

/** A `Batch`: its lists are checked where a batch is used. */
export function batch(): Check {
  return {
    expected: 'a batch, { size, ids, groups, image, text, … }',
    accepts: (value) => isPlainObject(value) && typeof value['size'] === 'number',
  };
}
