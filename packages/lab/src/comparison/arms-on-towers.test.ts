import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { add, memory, mul, ones, scalar, type Scalar } from '@tensorflow/tfjs-core';
import {
  disposeParams,
  mergeParams,
  parameter,
  StateDictError,
  subtree,
  withPrefix,
  type Fusion,
} from '@crossweave/core';
import { loadSafetensors } from '@crossweave/checkpoints/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blindFusion, equalityFusion } from '../tiny.testing';
import { compareFusions } from './compare-fusions';
import { armOf, tinyComparison } from './tiny-comparison.testing';

let out = '';
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'crossweave-on-towers-'));
});
afterEach(() => rm(out, { recursive: true, force: true }));

const equality = equalityFusion('separable');

/** Towers with a number to learn: 1 more than what {@link equalityFusion} says, `scale` times. */
const towers: Fusion = {
  ...equality,
  init: () => ({ scale: scalar(1) }),
  fuse(params, image, text, ctx) {
    const { joint, match } = equality.fuse(params, image, text, ctx);
    return { joint, match: mul(add(match, 1), parameter<Scalar>(params, 'scale')) };
  },
};

/** The towers' score, and a constant that is learned. */
const onTowers: Fusion = {
  ...blindFusion,
  name: 'on towers',
  init: (...specs) =>
    mergeParams({ constant: scalar(0) }, withPrefix('towers.', towers.init(...specs))),
  fuse(params, image, text, ctx) {
    const { joint, match } = towers.fuse(subtree(params, 'towers.'), image, text, ctx);
    return { joint, match: add(match, parameter<Scalar>(params, 'constant')) };
  },
};

const options = (arms = [{ ...armOf('on', onTowers), towersAt: 'towers.' }]) => {
  const tiny = tinyComparison(out).options;
  const recipe = { towers: {}, arms: { on: {}, from: {} } };
  return { ...tiny, arms, recipe, towers: { ...tiny.towers, fusion: towers } };
};

describe('an arm whose fusion holds the towers', () => {
  it('begins with the trained towers, keeps them frozen, and is ordered by its own score', async () => {
    const before = memory().numTensors;
    const end = await compareFusions(options());
    expect(memory().numTensors).toBe(before);
    if (end.interrupted) throw new Error('nobody interrupted');
    const { arms, baselines } = end.results;
    // A constant changes no order: the arm finds what the towers find.
    const found = Object.entries(arms[0]!.summary).map(([metric, { mean }]) => [metric, mean]);
    expect(Object.fromEntries(found)).toEqual(baselines[0]!.metrics);
    expect(arms[0]!.params).toBe(1);
    expect(end.results.notes).toEqual([expect.stringMatching(/correction of the towers.*: on\.$/)]);

    const path = join(out, 'trials', 'on-seed1', 'fusion.safetensors');
    const params = await loadSafetensors(path);
    const [scale] = params['towers.scale']!.dataSync();
    const [constant] = params['constant']!.dataSync();
    disposeParams(params);
    expect(scale).not.toBe(1);
    expect(constant).toBeGreaterThan(0);
  });

  it('is refused where what it holds are not these towers', async () => {
    const other = { ...onTowers, init: () => ({ 'towers.scale': ones([2]) }) };
    const arms = [{ ...armOf('on', other), towersAt: 'towers.' }];
    await expect(compareFusions(options(arms))).rejects.toThrow(StateDictError);
    const none = [{ ...armOf('on', blindFusion), towersAt: 'towers.' }];
    await expect(compareFusions(options(none))).rejects.toThrow(/scale/);
  });
});
