import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, scalar, tensor1d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { FileFormatError, disposeParams } from '@crossweave/core';
import { requireFloating } from './floating';
import { loadCheckpoint } from './node/load-checkpoint';
import { saveCheckpoint } from './node/save-checkpoint';

it.each(['F16', 'BF16', 'F32', 'F64', 'float32'])('takes weights of type %s', (type) => {
  expect(() => requireFloating('w', [['a.weight', type]])).not.toThrow();
});

it.each(['I8', 'U8', 'I32', 'I64', 'BOOL', 'int32', 'bool'])('refuses codes of type %s', (type) => {
  const types = [
    ['bn.num_batches_tracked', type],
    ['a.weight', type],
  ] as const;
  expect(() => requireFloating('w', types.slice(0, 1))).not.toThrow();
  expect(() => requireFloating('w', types)).toThrow(FileFormatError);
  expect(() => requireFloating('w', types)).toThrow(/w: "a\.weight".*got .*quantised/);
});

it('refuses a quantised checkpoint for a model, before values are read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  const params = {
    'a.weight': tensor1d([1, 2], 'int32'),
    'a.bias': tensor1d([0.5]),
    'bn.num_batches_tracked': scalar(3, 'int32'),
  };
  const path = join(folder, 'model.safetensors');
  try {
    await saveCheckpoint(path, params);
    const expected = { 'a.weight': [2], 'a.bias': [1], 'bn.num_batches_tracked': [] };
    const before = memory().numTensors;
    await expect(loadCheckpoint(path, { expected })).rejects.toThrow(/"a\.weight".*got I32/);
    expect(memory().numTensors).toBe(before);
    const { params: any } = await loadCheckpoint(path);
    expect(any['a.weight']!.dtype).toBe('int32');
    disposeParams(any);
  } finally {
    disposeParams(params);
    await rm(folder, { recursive: true });
  }
});
