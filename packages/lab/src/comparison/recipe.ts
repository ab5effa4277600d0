import { createHash } from 'node:crypto';
import {
  ConfigError,
  initialShapes,
  key as keyOf,
  type Configured,
  type Params,
  type PartConfig,
} from '@crossweave/core';
import { initialParams, jointModel } from '@crossweave/trainer';
import { hashParams } from '../features/encoder-fingerprint';
import type { CompareFusionsOptions, FusionArm } from './options';

/**
 * Plain data that says what the towers depend on: the recipe that was given, or else the configs of
 * the towers' parts, their batches and steps, and digests of what they begin with.
 *
 * @throws ConfigError, without a recipe, for a part that has no config.
 */
export async function towersRecipe<Image, Text>(
  where: string,
  options: CompareFusionsOptions<Image, Text>,
): Promise<unknown> {
  const { recipe, towers } = options;
  if (recipe !== undefined) return recipe.towers;
  const { steps, seed, loss, initial, ignoreMissing, frozen } = towers;
  const model = jointModel({ image: towers.image, text: towers.text, fusion: towers.fusion });
  // Training asks `frozen` of the loss's own parameters too.
  const shapes = initialShapes({ init: (key) => initialParams({ model, loss }, key) });
  const paths = frozen === undefined ? [] : Object.keys(shapes).filter(frozen);
  return {
    ...towerConfigs(where, options),
    ...{ steps, seed, frozen: paths, ignoreMissing: ignoreMissing ?? [] },
    initial: initial === undefined ? null : await digestOf(initial),
  };
}

/**
 * The same for an arm, on top of the towers.
 *
 * @throws ConfigError, without a recipe, for a part that has no config.
 */
export function armRecipe<Image, Text>(
  where: string,
  { recipe }: Pick<CompareFusionsOptions<Image, Text>, 'recipe'>,
  arm: FusionArm,
): unknown {
  if (recipe !== undefined) return recipe.arms[arm.name];
  const { steps, batchSize, negatives, loss, optimizer, sampling = 'none' } = arm.training;
  const at = `arms["${arm.name}"]`;
  return {
    fusion: configOf(where, `${at}.fusion`, arm.fusion),
    loss: configOf(where, `${at}.training.loss`, loss),
    optimizer: configOf(where, `${at}.training.optimizer`, optimizer),
    ...{ steps, batchSize, negatives, towersAt: arm.towersAt ?? null },
    ...(sampling !== 'none' && { sampling }),
  };
}

/** @throws ConfigError for a part of the towers that has no config, unless a recipe was given. */
export function towerConfigs<Image, Text>(
  where: string,
  { recipe, towers }: Pick<CompareFusionsOptions<Image, Text>, 'recipe' | 'towers'>,
): Readonly<Record<string, PartConfig>> {
  if (recipe !== undefined) return {};
  const parts = {
    ...{ image: towers.image, text: towers.text, fusion: towers.fusion },
    ...{ loss: towers.loss, optimizer: towers.optimizer, data: towers.data(keyOf(towers.seed)) },
  };
  return Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [name, configOf(where, `towers.${name}`, part)]),
  );
}

function configOf(where: string, at: string, { config }: Configured): PartConfig {
  if (config !== undefined) return config;
  throw new ConfigError(`"${at}" does not say how it was made`, {
    where,
    expected: 'a part with "config", as those of the crossweave packages have, or "recipe"',
    advice:
      'Give the part a config (withConfig of @crossweave/core/authoring), or describe the comparison in "recipe". Without it, trials of an earlier version of the part would count as its own. A part has no config if one of its options is a function of your own.',
  });
}

async function digestOf(params: Params): Promise<string> {
  const hash = createHash('sha256');
  await hashParams(hash, params);
  return hash.digest('hex');
}
