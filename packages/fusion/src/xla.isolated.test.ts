import { setBackend, tidy } from '@tensorflow/tfjs-core';
import { loadFixture } from '@crossweave/core/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { named } from '../../tfjs-backend-onnx/test/left-out';
import '../../tfjs-backend-xla/src/register';
import { withoutPlugin } from '../../tfjs-backend-xla/test/plugin';
import { expectReference } from './reference.testing';

const reason = withoutPlugin();

// A few of each kind; `npm run test:engine` compares all.
describe.skipIf(reason !== null)(named('on xla:cpu', reason), () => {
  beforeAll(() => setBackend('xla:cpu'));
  afterAll(() => setBackend('cpu'));

  it.each([
    ['late', 'gmu'],
    ['attention', 'text-queries-image, mean'],
  ])('equals its reference in values and gradients: %s, %s', (file, name) =>
    tidy(() =>
      expectReference(loadFixture(new URL(`../fixtures/${file}.json`, import.meta.url)), name),
    ),
  );
});
