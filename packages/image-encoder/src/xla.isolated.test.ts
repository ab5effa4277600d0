import { setBackend, tidy } from '@tensorflow/tfjs-core';
import { loadFixture } from '@crossweave/core/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { named } from '../../tfjs-backend-onnx/test/left-out';
import '../../tfjs-backend-xla/src/register';
import { withoutPlugin } from '../../tfjs-backend-xla/test/plugin';
import { expectReference } from './reference.testing';
import { resnet } from './resnet/presets';
import { vit } from './vit/presets';

const reason = withoutPlugin();

// A few of each kind; `npm run test:engine` compares all.
describe.skipIf(reason !== null)(named('on xla:cpu', reason), () => {
  beforeAll(() => setBackend('xla:cpu'));
  afterAll(() => setBackend('cpu'));

  it.each([
    ['vit', 'as trained', vit],
    ['resnet-basic', 'training', resnet],
  ] as const)('%s equals its reference in features and every gradient: %s', (file, name, make) =>
    tidy(() => {
      const fixture = loadFixture(new URL(`../fixtures/${file}.json`, import.meta.url));
      const reference = fixture.case(name);
      expectReference(make(reference.options), reference, name === 'training');
    }),
  );
});
