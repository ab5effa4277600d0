import { tidy } from '@tensorflow/tfjs-core';
import { useEngine } from '@crossweave/core/engine';
import { loadFixture } from '@crossweave/core/testing';
import { beforeAll, describe, it } from 'vitest';
import { families } from './families.testing';
import { expectReference } from './reference.testing';

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
