import { gather, onesLike, reshape, slice, zerosLike } from '@tensorflow/tfjs-core';
import { inference } from '../contracts/context';
import type { Features, PooledFeatures } from '../contracts/features';
import { foldIn, key } from '../keys';
import { ConformanceError, check, notApplicable, type Check } from './check';
import { assertFinite, assertShape } from './compare';
import { expectClose } from './fixtures';
import { outputNames, outputs, type FusionSetup } from './fusion-setup';
import { padFeatures, scrambleMasked, scrambleMissing } from './samples';
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
    check('images that are shared by several texts are fused as if they were repeated', () => {
      const { fusion, params } = setup.init();
      const [image, text] = [setup.images(2), setup.texts(6)];
      const repeated = takeRows(image, [0, 0, 0, 1, 1, 1]);
      const expected = fusion.fuse(params, repeated, text, inference);
      if (fusion.sharesImages !== true) return;
      const shared = fusion.fuse(params, image, text, inference);
      expectClose(shared.joint, expected.joint, {}, 'joint of shared images');
      expectClose(shared.match, expected.match, {}, 'match of shared images');
    }),
    check('a score does not depend on the other images and texts', () => {
      const { fusion, params } = setup.init();
      const [image, text] = [setup.images(3), setup.texts(3)];
      const others = setup.sample('text', key(13), { batch: 2 });
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

/** Checks of values that a fusion must not read. */
export function blindnessChecks(setup: FusionSetup): Check[] {
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
  const { reads, takesMissing } = setup.create();
  const lengths = Object.values(setup.specs).map(({ tokens }) => tokens);
  const [masked, padded] = [
    'values at masked tokens do not matter',
    'padding a sequence further does not matter, where lengths vary',
  ];
  const checks = [
    lengths.every((tokens) => tokens === 0)
      ? notApplicable(masked, 'neither side has tokens')
      : check(masked, () =>
          compare('with other values at masked tokens', (features, side) =>
            setup.specs[side].tokens === 0
              ? features
              : scrambleMasked(foldIn(key(14), side), features),
          ),
        ),
    lengths.includes('varies')
      ? check(padded, () =>
          compare('with more padding', (features, side) =>
            setup.specs[side].tokens === 'varies'
              ? padFeatures(foldIn(key(15), side), features, 2)
              : features,
          ),
        )
      : notApplicable(padded, 'both sides have a fixed length'),
  ];
  if (reads === 'pooled') {
    checks.push(
      check("reads no tokens, as reads: 'pooled' promises", () => {
        const summaries = ({ pooled, present }: PooledFeatures): PooledFeatures => ({
          pooled,
          ...(present && { present }),
        });
        try {
          compare('without tokens', (features) => summaries(features) as Features);
        } catch (error) {
          if (error instanceof ConformanceError) throw error;
          throw new ConformanceError("the fusion declares reads: 'pooled', and reads more", {
            cause: error,
          });
        }
      }),
    );
  }
  if (takesMissing === true) {
    checks.push(
      check('the values of a missing row do not matter', () =>
        compare('with other values in missing rows', (features, side) =>
          scrambleMissing(foldIn(key(19), side), features),
        ),
      ),
      check('gives finite outputs when one side, or both, is missing in every row', () => {
        const { fusion, params } = setup.init();
        const gone = (features: Features): Features => ({
          ...features,
          present: zerosLike(features.present!),
        });
        const [image, text] = [setup.images(2), setup.texts(2)];
        for (const [left, right] of [
          [gone(image), text],
          [image, gone(text)],
          [gone(image), gone(text)],
        ] as const) {
          outputs(fusion, params, left, right, inference).forEach((value, i) =>
            assertFinite(outputNames[i]!, value),
          );
        }
      }),
      check('features without `present` count as complete', () => {
        const { fusion, params } = setup.init();
        const whole = ({ present, ...features }: Features): Features => {
          if (present === undefined) throw new ConformanceError('the samples have no `present`');
          return features;
        };
        const [image, text] = [setup.images(2), setup.texts(2)];
        const all = (features: Features): Features => ({
          ...features,
          present: onesLike(features.present!),
        });
        const expected = outputs(fusion, params, all(image), all(text), inference);
        outputs(fusion, params, whole(image), whole(text), inference).forEach((value, i) =>
          expectClose(value, expected[i]!, {}, `${outputNames[i]} without present`),
        );
      }),
    );
  }
  return checks;
}
