import { gather, tensor1d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { inference, initialShapes, parameter } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { expectClose, formulaParams, loadFixture } from '@crossweave/core/testing';
import { beforeAll, it } from 'vitest';
import { bertBase } from './bert/presets';
import { clipTextBase } from './clip/presets';

const fixture = loadFixture(new URL('../fixtures/full.json', import.meta.url));

beforeAll(async () => {
  await useEngine('onnx');
});

it.each(Object.entries({ bertBase, clipTextBase }))(
  '%s gives transformers’ features',
  (name, preset) => {
    tidy(() => {
      const { inputs, outputs, options } = fixture.case(name);
      const { places, ...settings } = options;
      const encoder = preset(settings);
      const params = formulaParams(initialShapes(encoder));
      const input = {
        input_ids: parameter<Tensor2D>(inputs, 'input_ids'),
        attention_mask: parameter<Tensor2D>(inputs, 'attention_mask'),
      };
      const { tokens, pooled } = encoder.apply(params, input, inference);
      expectClose(pooled, outputs['pooled']!, {}, 'pooled');
      const chosen = gather(tokens, tensor1d(places as number[], 'int32'), 1);
      expectClose(chosen, outputs['tokens']!, {}, 'tokens');
    });
  },
);
