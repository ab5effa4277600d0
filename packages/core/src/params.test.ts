import { memory, mul, ones, scalar, tensor1d, tidy, zeros } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { StateDictError } from './errors';
import {
  countParameters,
  disposeParams,
  isBuffer,
  keepParams,
  mapParams,
  mergeParams,
  parameter,
  partition,
  subtree,
  withPrefix,
  type Params,
} from './params';

function example(): Params {
  return {
    'layer.0.weight': ones([2, 3]),
    'layer.0.bias': zeros([2]),
    'layer.01.weight': ones([4]),
    'norm.weight': ones([2]),
    'norm.running_mean': zeros([2]),
    'norm.num_batches_tracked': scalar(0),
  };
}

describe('parameter', () => {
  it('gives the tensor at the path', () => {
    const params = example();
    expect(parameter(params, 'layer.0.bias')).toBe(params['layer.0.bias']);
    disposeParams(params);
  });

  it('names the siblings of a path that is not there', () => {
    const params = example();
    expect(() => parameter(params, 'layer.0.gamma')).toThrow(StateDictError);
    expect(() => parameter(params, 'layer.0.gamma')).toThrow(
      'parameter: there is no parameter "layer.0.gamma"; expected one of layer.0.weight, layer.0.bias. ' +
        'Load a checkpoint of the same architecture, or initialise the module with init(key).',
    );
    expect(() => parameter(params, 'head.weight')).toThrow(
      /expected one of layer\.0\.weight, layer\.0\.bias, layer\.01\.weight, norm\.weight, norm\.running_mean\./,
    );
    expect(() => parameter({}, 'weight')).toThrow(StateDictError);
    disposeParams(params);
  });
});

describe('sub-trees', () => {
  it('are the entries below a prefix, without it', () => {
    const params = example();
    const below = subtree(params, 'layer.0.');
    expect(Object.keys(below)).toEqual(['weight', 'bias']);
    expect(below['weight']).toBe(params['layer.0.weight']);
    expect(subtree(params, '')).toEqual(params);
    expect(subtree(params, 'head.')).toEqual({});
    disposeParams(params);
  });

  it('come back whole from withPrefix and mergeParams', () => {
    const params = example();
    const [layer, rest] = partition(params, (path) => path.startsWith('layer.'));
    expect(mergeParams(withPrefix('layer.', subtree(params, 'layer.')), rest)).toEqual(params);
    expect(Object.keys(layer)).toEqual(['layer.0.weight', 'layer.0.bias', 'layer.01.weight']);
    expect(mergeParams()).toEqual({});
    disposeParams(params);
  });

  it('cannot be merged when two claim a path', () => {
    const params = example();
    expect(() => mergeParams(params, { 'norm.weight': params['norm.weight']! })).toThrow(
      'mergeParams: two modules claim "norm.weight".',
    );
    disposeParams(params);
  });
});

describe('partition', () => {
  it('puts every path in one of two trees, by path and value', () => {
    const params = example();
    const [matrices, rest] = partition(params, (_, value) => value.rank > 1);
    expect(Object.keys(matrices)).toEqual(['layer.0.weight']);
    expect(Object.keys(rest)).toHaveLength(5);
    disposeParams(params);
  });
});

describe('mapParams', () => {
  it('maps every tensor under its path', () => {
    tidy(() => {
      const params = { a: tensor1d([1, 2]), b: tensor1d([3]) };
      const mapped = mapParams(params, (value, path) => mul(value, path === 'a' ? 10 : 100));
      expect(Object.keys(mapped)).toEqual(['a', 'b']);
      expect([...mapped['a']!.dataSync()]).toEqual([10, 20]);
      expect([...mapped['b']!.dataSync()]).toEqual([300]);
    });
  });
});

describe('buffers', () => {
  it.each([
    'norm.running_mean',
    'a.b.running_var',
    'num_batches_tracked',
    'embeddings.position_ids',
    'sketch0.buffer_index',
    'buffer_places',
  ])('%s is one', (path) => expect(isBuffer(path)).toBe(true));

  it.each(['norm.weight', 'running_mean.weight', 'my_running_mean', 'buffer_1.weight', ''])('%s is none', (path) =>
    expect(isBuffer(path)).toBe(false),
  );

  it('do not count as parameters', () => {
    const params = example();
    expect(countParameters(params)).toBe(6 + 2 + 4 + 2);
    expect(countParameters({})).toBe(0);
    disposeParams(params);
  });
});

describe('ownership', () => {
  it('keeps what is to outlive a tidy, and disposes a tree', () => {
    const before = memory().numTensors;
    const kept = tidy(() => {
      zeros([3]);
      const tree: Params = keepParams(example());
      return { ...tree };
    });
    expect(memory().numTensors).toBe(before + 6);
    expect([...kept['layer.0.weight']!.dataSync()]).toEqual([1, 1, 1, 1, 1, 1]);
    disposeParams(kept);
    expect(memory().numTensors).toBe(before);
  });

  it('is left alone by functions over trees', () => {
    const params = example();
    const before = memory().numTensors;
    subtree(params, 'layer.');
    withPrefix('image.', params);
    mergeParams(params);
    partition(params, isBuffer);
    countParameters(params);
    parameter(params, 'norm.weight');
    mapParams(params, (value) => value);
    expect(memory().numTensors).toBe(before);
    expect(Object.values(params).some((value) => value.isDisposed)).toBe(false);
    disposeParams(params);
  });
});
