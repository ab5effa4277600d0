import { describe, expect, it } from 'vitest';
import { StateDictError } from '@crossweave/core';
import { matchParams, type MatchOptions } from './match-params';
import type { ParamShapes } from '@crossweave/core';

const model: ParamShapes = {
  'encoder.layer.0.query.weight': [4, 4],
  'encoder.layer.0.query.bias': [4],
  'embeddings.weight': [10, 4],
};

function failure(given: ParamShapes, options?: MatchOptions): StateDictError {
  try {
    matchParams(model, given, options);
  } catch (error) {
    if (error instanceof StateDictError) return error;
    throw error;
  }
  throw new Error('matchParams accepted the checkpoint');
}

it('accepts what fits, in the model’s order', () => {
  const given = Object.fromEntries(Object.entries(model).reverse());
  expect(matchParams(model, given)).toEqual({
    matched: Object.keys(model),
    unexpected: [],
    missing: [],
  });
});

it('lists what is missing, unexpected and of another shape, with the nearest names', () => {
  const { 'encoder.layer.0.query.bias': bias, ...rest } = model;
  const error = failure(
    { ...rest, 'encoder.layer.0.query.bais': bias!, 'embeddings.weight': [12, 4] },
    { where: 'model.safetensors' },
  );
  expect(error.difference).toEqual({
    missing: ['encoder.layer.0.query.bias'],
    unexpected: ['encoder.layer.0.query.bais'],
    wrongShape: [{ path: 'embeddings.weight', expected: [10, 4], got: [12, 4] }],
  });
  expect(error.message).toBe(
    [
      'model.safetensors: the checkpoint does not fit the model: 1 of 3 parameters fit',
      '  missing (1): encoder.layer.0.query.bias [4] (nearest: encoder.layer.0.query.bais)',
      '  unexpected (1): encoder.layer.0.query.bais [4]',
      '  wrong shape (1): embeddings.weight expected [10, 4], got [12, 4]. Choose the architecture and sizes the checkpoint was made with, or a key map of the library that wrote it.',
    ].join('\n'),
  );
});

it('shows the first of many, and carries all', () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`x.${i}`, [1]]));
  const error = failure({ ...model, ...many });
  expect(error.message).toMatch(/unexpected \(300\): x\.0 \[1\];.*x\.7 \[1\]; and 292 more/);
  expect(error.message).toMatch(/ignoreUnexpected/);
  expect(error.difference?.unexpected).toHaveLength(300);
});

describe('says which prefix is in the way', () => {
  const under = (prefix: string, shapes: ParamShapes): ParamShapes =>
    Object.fromEntries(Object.entries(shapes).map(([path, shape]) => [prefix + path, shape]));

  it('before all of the checkpoint’s names', () => {
    const { message } = failure(under('bert.', model));
    expect(message).toMatch(/All keys start with "bert\.": load with prefix "bert\."\.$/);
    expect(message).toMatch(/0 of 3/);
  });

  it('before some of them', () => {
    const { message } = failure({ ...under('bert.', model), 'cls.bias': [4] });
    expect(message).toMatch(/parameters lie under "bert\.": load with prefix "bert\."\.$/);
  });

  it('before the model’s names', () => {
    const given = Object.fromEntries(
      Object.entries(model).map(([path, shape]) => [path.replace(/^e.*?\./, ''), shape]),
    );
    const prefixed = Object.fromEntries(
      Object.entries(given).map(([path, shape]) => [`image.${path}`, shape]),
    );
    expect(() => matchParams(prefixed, given)).toThrow(/model's parameters start with "image\."/);
  });
});

it('lets through what is allowed, and that alone', () => {
  const lacking = Object.fromEntries(
    Object.entries(model).filter(([path]) => path !== 'embeddings.weight'),
  );
  const given = { ...lacking, 'pooler.dense.bias': [4], 'embeddings.position_ids': [1, 512] };
  const options = { ignoreUnexpected: ['pooler'], ignoreMissing: ['embeddings'] };
  expect(matchParams(model, given, options)).toEqual({
    matched: Object.keys(lacking),
    unexpected: ['pooler.dense.bias', 'embeddings.position_ids'],
    missing: ['embeddings.weight'],
  });
  expect(failure(given, { ignoreMissing: ['embeddings'] }).difference).toEqual({
    missing: [],
    unexpected: ['pooler.dense.bias'],
    wrongShape: [],
  });
  expect(failure({ ...given, 'poolers.bias': [1] }, options).difference?.unexpected).toEqual([
    'poolers.bias',
  ]);
});

it('takes no inherited name for an entry', () => {
  expect(() => matchParams({ constructor: [1] }, {})).toThrow(/missing \(1\): constructor/);
});
