import { gather, tensor1d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { inference, initialShapes } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { expectClose, formulaParams, formulaTensor, loadFixture } from '@crossweave/core/testing';
import { beforeAll, it } from 'vitest';
import { clipRN50 } from './clip-resnet/presets';
import { clipVitB32 } from './clip-vit/presets';
import { mobileNetV3Small } from './mobilenet/presets';
import { resnet50 } from './resnet/presets';
import { vitB16 } from './vit/presets';

const fixture = loadFixture(new URL('../fixtures/full.json', import.meta.url));

beforeAll(async () => {
  await useEngine('onnx');
});

const presets = { resnet50, mobileNetV3Small, vitB16, clipVitB32, clipRN50 };

it.each(Object.entries(presets))('%s gives PyTorch’s features', (name, preset) => {
  tidy(() => {
    const encoder = preset();
    const params = formulaParams(initialShapes(encoder));
    const image = formulaTensor('image', [1, 224, 224, 3], [-1.7, 1.7]) as Tensor4D;
    const { tokens, pooled } = encoder.apply(params, image, inference);
    const { outputs, options } = fixture.case(name);
    const places = tensor1d(options['places'] as number[], 'int32');
    expectClose(pooled, outputs['pooled']!, {}, 'pooled');
    expectClose(gather(tokens, places, 1), outputs['tokens']!, {}, 'tokens');
  });
});
