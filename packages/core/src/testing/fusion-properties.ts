import { gather, reshape, slice } from '@tensorflow/tfjs-core';
import { inference } from '../contracts/context';
import type { Features } from '../contracts/features';
import { foldIn, key } from '../keys';
import { check, type Check } from './check';
import { assertFinite, assertShape } from './compare';
import { expectClose } from './fixtures';
import { outputNames, outputs, type FusionSetup } from './fusion-setup';
import { padFeatures, sampleFeatures, scrambleMasked } from './samples';
import { joinRows, takeRows } from './trees';

export function shapeChecks(setup: FusionSetup): Check[] {
  return [
    check('gives finite [B, D] and [B] for 1 to 3 pairs, and finite [B_i, B_t] scores', () => {
      const { fusion, params } = setup.init();
      for (const batch of [1, 2, 3]) {
        for (const tokens of [1, 3]) {
          const image = setup.images(batch, { tokens });
          const { joint, match } = fusion.fuse(
            params,
            image,
            setup.texts(batch, { tokens }),
            inference,
          );
          const text = setup.texts(batch + 1, { tokens });
          const scores = fusion.score(params, image, text, inference);
          assertShape('joint', joint, [batch, joint.shape[1]]);
          assertShape('match', match, [batch]);
          assertShape('score', scores, [batch, batch + 1]);
          assertFinite('joint', joint);
          assertFinite('match', match);
          assertFinite('score', scores);
        }
      }
    }),
    check('score(image i, text j) equals fuse(image i, text j).match', () => {
      const { fusion, params } = setup.init();
      const [image, text] = [setup.images(3), setup.texts(2)];
      const scores = fusion.score(params, image, text, inference);
      const paired = fusion.fuse(
        params,
        takeRows(image, [0, 0, 1, 1, 2, 2]),
        takeRows(text, [0, 1, 0, 1, 0, 1]),
        inference,
      );
      expectClose(reshape(scores, [6]), paired.match, {}, 'score differs from match');
    }),
  ];
}

export function independenceChecks(setup: FusionSetup): Check[] {
  const order = [2, 0, 3, 1];
  return [
    check('permuting the texts permutes the columns of the scores and nothing else', () => {
      const { fusion, params } = setup.init();
      const [image, text] = [setup.images(4), setup.texts(4)];
      const scores = fusion.score(params, image, text, inference);
      const permuted = fusion.score(params, image, takeRows(text, order), inference);
      expectClose(permuted, gather(scores, order, 1), {}, 'scores of permuted texts');
    }),
    check('permuting the images permutes the rows of the scores and nothing else', () => {
      const { fusion, params } = setup.init();
      const [image, text] = [setup.images(4), setup.texts(4)];
      const scores = fusion.score(params, image, text, inference);
      const permuted = fusion.score(params, takeRows(image, order), text, inference);
      expectClose(permuted, gather(scores, order), {}, 'scores of permuted images');
    }),
    check('a fused pair does not depend on the other pairs of the batch', () => {
      const { fusion, params } = setup.init();
      const [image, text] = [setup.images(3), setup.texts(3)];
      const together = fusion.fuse(params, image, text, inference);
      for (const row of [0, 1, 2]) {
        const alone = fusion.fuse(params, takeRows(image, [row]), takeRows(text, [row]), inference);
        expectClose(alone.joint, takeRows(together.joint, [row]), {}, `joint of pair ${row} alone`);
        expectClose(alone.match, takeRows(together.match, [row]), {}, `match of pair ${row} alone`);
      }
    }),
    check('a score does not depend on the other images and texts', () => {
      const { fusion, params } = setup.init();
      const [image, text] = [setup.images(3), setup.texts(3)];
      const others = sampleFeatures(key(13), setup.textSpec, { batch: 2 });
      const scores = fusion.score(params, image, text, inference);
      const among = fusion.score(
        params,
        takeRows(image, [1]),
        joinRows(takeRows(text, [2]), others),
        inference,
      );
      const expected = slice(scores, [1, 2], [1, 1]);
      expectClose(
        slice(among, [0, 0], [1, 1]),
        expected,
        {},
        'score of image 1 and text 2 among others',
      );
    }),
  ];
}

export function maskChecks(setup: FusionSetup): Check[] {
  const compare = (
    what: string,
    change: (features: Features, side: 'image' | 'text') => Features,
  ): void => {
    const { fusion, params } = setup.init();
    const [image, text] = [setup.images(3), setup.texts(3)];
    const before = outputs(fusion, params, image, text, inference);
    const after = outputs(fusion, params, change(image, 'image'), change(text, 'text'), inference);
    before.forEach((value, i) => expectClose(after[i]!, value, {}, `${outputNames[i]} ${what}`));
  };
  return [
    check('values at masked tokens do not matter', () =>
      compare('with other values at masked tokens', (features, side) =>
        scrambleMasked(foldIn(key(14), side), features),
      ),
    ),
    check('padding a sequence further does not matter, where lengths vary', () =>
      compare('with more padding', (features, side) =>
        (side === 'image' ? setup.imageSpec : setup.textSpec).tokens === 'varies'
          ? padFeatures(foldIn(key(15), side), features, 2)
          : features,
      ),
    ),
  ];
}
