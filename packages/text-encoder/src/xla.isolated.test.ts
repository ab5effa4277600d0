import { setBackend, tidy } from '@tensorflow/tfjs-core';
import { loadFixture } from '@crossweave/core/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { named } from '../../tfjs-backend-onnx/test/left-out';
import '../../tfjs-backend-xla/src/register';
import { withoutPlugin } from '../../tfjs-backend-xla/test/plugin';
import { bertFromConfig } from './config/from-config';
import type { HuggingFaceConfig } from './config/reader';
import { expectReference } from './transformer/reference.testing';

const reason = withoutPlugin();

// A few of each kind; `npm run test:engine` compares all.
describe.skipIf(reason !== null)(named('on xla:cpu', reason), () => {
  beforeAll(() => setBackend('xla:cpu'));
  afterAll(() => setBackend('cpu'));

  it('BERT equals its reference in all hidden states and gradients, pooled by maximum', () =>
    tidy(() => {
      const file = new URL('../fixtures/bert.json', import.meta.url);
      const reference = loadFixture(file).case('max, relu');
      const { config, ...options } = reference.options;
      expectReference(bertFromConfig(config as HuggingFaceConfig, options), reference);
    }));
});
