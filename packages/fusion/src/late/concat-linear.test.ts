import { add, concat, tidy, type Rank } from '@tensorflow/tfjs-core';
import { key, normal } from '@crossweave/core';
import { initLinear, linear } from '@crossweave/core/nn';
import { expectClose } from '@crossweave/core/testing';
import { expect, it } from 'vitest';
import { concatLinear } from './concat-linear';

it.each([true, false])(
  'gives parts of which the layer of both vectors is the sum, bias %s',
  (bias) =>
    tidy(() => {
      const params = initLinear(key(1), 'l', { in: 7, out: 4, bias });
      const image = normal<Rank.R2>(key(2), [3, 5]);
      const text = normal<Rank.R2>(key(3), [3, 2]);
      const parts = concatLinear(params, 'l', image, text);
      expectClose(add(parts.image, parts.text), linear(params, 'l', concat([image, text], 1)));
    }),
);

it('refuses a weight for other widths', () =>
  tidy(() => {
    const params = initLinear(key(1), 'l', { in: 7, out: 4 });
    const side = normal<Rank.R2>(key(2), [3, 5]);
    expect(() => concatLinear(params, 'l', side, side)).toThrow(/l: weight.*10.*7/);
  }));
