import { scalar } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import { equalityFusion } from '../tiny.testing';
import { checkComparison } from './checks';
import type { FusionArm } from './options';
import { armRecipe, towersRecipe } from './recipe';
import { armOf, tinyComparison, type TinyOptions } from './tiny-comparison.testing';

const said = <Part extends object>(part: Part, settings: object = {}): Part =>
  withConfig('tiny', settings, { ...part });

/** The tiny comparison without a recipe, all of its parts with a config. */
function withoutRecipe(change: (arm: FusionArm) => FusionArm = (arm) => arm): TinyOptions {
  const { data, seeds, out, towers } = tinyComparison('nowhere').options;
  const arms = [armOf('equal', equalityFusion('joint'))].map(({ name, fusion, training }) =>
    change({
      name,
      fusion: said(fusion, { width: 1 }),
      training: {
        ...training,
        loss: said(training.loss),
        optimizer: said(training.optimizer),
      },
    }),
  );
  return {
    ...{ data, seeds, out, arms },
    towers: {
      ...towers,
      image: said(towers.image),
      text: said(towers.text),
      fusion: said(towers.fusion),
      loss: said(towers.loss),
      optimizer: said(towers.optimizer),
      data: (key) => said(towers.data(key), { batchSize: 4 }),
    },
  };
}

describe('the recipe of a comparison', () => {
  it('is made of the configs of the parts and of their training', () => {
    const options = withoutRecipe();
    checkComparison(options);
    const tiny = { part: 'tiny', settings: {} };
    const recipe = armRecipe('here', options, options.arms[0]!);
    expect(recipe).toEqual({
      fusion: { part: 'tiny', settings: { width: 1 } },
      loss: tiny,
      optimizer: tiny,
      steps: 3,
      batchSize: 4,
      negatives: 1,
      towersAt: null,
    });
    const [wider] = withoutRecipe((arm) => ({
      ...arm,
      fusion: said(arm.fusion, { width: 2 }),
    })).arms;
    expect(armRecipe('here', options, wider!)).not.toEqual(recipe);
  });

  it('tells towers apart by what they begin with and what is frozen', async () => {
    const options = withoutRecipe();
    const { loss } = options.towers;
    // The two recipes with this loss differ in nothing but whether its parameter is frozen.
    const learned = said({ ...loss, init: () => ({ scale: scalar(1) }) }, { scale: 1 });
    const of = (towers: Partial<TinyOptions['towers']>): Promise<unknown> =>
      towersRecipe('here', { ...options, towers: { ...options.towers, ...towers } });
    const recipes = [
      await of({}),
      await of({ seed: 1 }),
      await of({ steps: 4 }),
      await of({ initial: { a: scalar(1) } }),
      await of({ initial: { a: scalar(2) } }),
      await of({ frozen: () => true }),
      await of({ frozen: (path) => !path.startsWith('loss.'), loss: learned }),
      await of({ frozen: () => true, loss: learned }),
      await of({ data: (key) => said(options.towers.data(key), { batchSize: 2 }) }),
    ].map((recipe) => JSON.stringify(recipe));
    expect(new Set(recipes).size).toBe(recipes.length);
    expect(JSON.stringify(await of({ initial: { a: scalar(1) } }))).toBe(recipes[3]);
  });

  it('is asked for where a part does not say how it was made', () => {
    const bare = withoutRecipe((arm) => ({ ...arm, fusion: { ...arm.fusion } }));
    const { towers } = withoutRecipe();
    const loss = { ...towers.loss };
    const cases: [TinyOptions, RegExp][] = [
      [bare, /"arms\["equal"\]\.fusion" does not say how it was made.*"recipe"/],
      [{ ...withoutRecipe(), towers: { ...towers, loss } }, /"towers\.loss" does not say/],
    ];
    for (const [options, message] of cases) {
      expect(() => checkComparison(options)).toThrow(ConfigError);
      expect(() => checkComparison(options)).toThrow(message);
    }
  });
});
