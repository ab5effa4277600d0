import { memory, scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { key } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { cachedEncoder } from './cached-encoder';
import { freeze } from './freezing/freeze';
import { jointModel } from './joint-model';
import { layerDecay } from './layers/layer-decay';
import { mergeLora, withLora } from './lora/with-lora';
import { adamW } from './optimizers/adamw';
import { sgd } from './optimizers/sgd';
import type { TrainOptions } from './options';
import { contrastive, dotFusion, vectorSource } from './tiny.testing';
import { layeredEncoder, stagedEncoder } from './towers.testing';
import { train } from './train';

const runner = { describe, it };
const parts = { image: stagedEncoder, text: layeredEncoder, fusion: dotFusion };
const model = jointModel(parts);
const params = { 'image.weight': scalar(1) };

// A rate may have any prefix until there are parameters.
testOptions('adamW', (options: never) => adamW(options).init(params), runner);
testOptions('sgd', (options: never) => sgd(options).init(params), runner, {
  required: { learningRate: 1 },
});
testOptions(
  'withLora',
  (options: never) => withLora(layeredEncoder, options).init(key(0)),
  runner,
  {
    required: { rank: 2, alpha: 1 },
    anyText: ['targets'],
  },
);
testOptions('mergeLora', (options: never) => mergeLora({}, options), runner, { known: ['alpha'] });
testOptions('jointModel', jointModel, runner, { required: parts });
testOptions('cachedEncoder', (spec: never) => cachedEncoder('cached', spec), runner, {
  required: { dim: 4, tokens: 1 },
  known: ['dim', 'tokens'],
});
testOptions('freeze', (options: never) => freeze(model, options), runner);
testOptions('layerDecay', (decays: never) => layerDecay(model, decays), runner, {
  known: ['image', 'text'],
});

const required: TrainOptions<Tensor2D, Tensor2D> = {
  ...{ model, loss: contrastive, data: vectorSource(8), steps: 1, key: key(1) },
  optimizer: adamW(),
};
testOptions('train', train, runner, { required });
const momentum = { momentum: 0.9 };
testOptions('a momentum teacher', (teacher: never) => train({ ...required, teacher }), runner, {
  required: momentum,
});
testOptions('a trained teacher', (teacher: never) => train({ ...required, teacher }), runner, {
  required: { model, params: {} },
});

describe('slips that once passed without a word', () => {
  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ['a misspelt rate', { lr: 1 }, /no option "lr".*learningRate/],
    ['a flag as text', { recompute: 'false' }, /"recompute".*true or false; got "false"/],
    ['text for a function', { frozen: 'image.' }, /"frozen".*a function/],
    ['a rule that is none', { onNonFinite: 'skpi' }, /"onNonFinite".*Did you mean "skip"\?/],
    ['another seed than a key', { key: 7 }, /"key".*a key, as key\(seed\) gives it; got 7/],
  ];
  it.each(wrong)('%s', async (_, extra, message) => {
    const before = memory().numTensors;
    const run = async () =>
      'lr' in extra ? adamW({ ...extra } as object) : train({ ...required, ...extra });
    await expect(run()).rejects.toThrow(message);
    expect(memory().numTensors).toBe(before);
  });
});
