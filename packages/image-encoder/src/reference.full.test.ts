import { tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { loadFixture } from '@crossweave/core/testing';
import { beforeAll, describe, it } from 'vitest';
import { clipResNet } from './clip-resnet/presets';
import { clipVit } from './clip-vit/presets';
import { mobileNetV3 } from './mobilenet/presets';
import { expectReference } from './reference.testing';
import { resnet } from './resnet/presets';
import { vit } from './vit/presets';

/** Each family's fixtures whose parameters have our names. */
const families: Readonly<Record<string, (options: object) => LayeredEncoder<Tensor4D>>> = {
  'resnet-basic': resnet,
  'resnet-bottleneck': resnet,
  mobilenet: mobileNetV3,
  vit,
  'clip-vit': clipVit,
  'clip-resnet': clipResNet,
};

beforeAll(async () => {
  await useEngine('onnx');
});

describe.each(Object.entries(families))(
  'on the onnx engine %s equals its reference',
  (file, family) => {
    const fixture = loadFixture(new URL(`../fixtures/${file}.json`, import.meta.url));
    it.each(fixture.names)('%s', (name) => {
      tidy(() => {
        const reference = fixture.case(name);
        expectReference(family(reference.options), reference, name === 'training');
      });
    });
  },
);
