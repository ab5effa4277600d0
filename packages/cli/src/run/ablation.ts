import type { Tensor4D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  type BatchSource,
  type Encoder,
  type Key,
  type PairSplit,
  type TextInput,
} from '@crossweave/core';
import {
  pairBatches,
  type PairDataset,
  type TokenisedPairs,
  type Tokenizer,
} from '@crossweave/data';
import { createFusion } from '@crossweave/fusion';
import { checkComparison, resolveNegatives, type CompareFusionsOptions } from '@crossweave/lab';
import { createLoss } from '@crossweave/losses';
import { cachedEncoder, jointModel } from '@crossweave/trainer';
import { imageEncoderOf, optimizerOf, textEncoderOf } from '../config/build';
import { sizeArms, type SizedArm } from '../config/match-arms';
import type { AblationConfig, PhaseConfig } from '../config/schema';
import { withBlankPictures } from './blank-pictures';
import { dryStep, dryStepOnFeatures } from './dry-step';
import { places } from './identity';

/** Both towers and every fusion that a config of `ablate` names. */
export interface AblationParts {
  readonly image: Encoder<Tensor4D>;
  readonly text: Encoder<TextInput>;
  readonly arms: ReadonlyMap<string, SizedArm>;
}

/** Builds the parts. @throws ConfigError for an unknown name or option, or nothing to compare. */
export function ablationParts(config: AblationConfig, tokenizer: Tokenizer): AblationParts {
  if (Object.keys(config.arms).length === 0) {
    throw new ConfigError('there is nothing to compare', {
      where: 'arms',
      expected: 'at least one fusion',
    });
  }
  const image = imageEncoderOf(config.image, config.data.imageSize);
  const textTokens = config.data.maxTokens;
  const text = textEncoderOf(config.text, tokenizer, textTokens);
  const specs = { image: image.features, text: text.features, textTokens };
  return { image, text, arms: sizeArms(config.arms, specs) };
}

/** How the size of each matched arm was chosen, for people. */
export function notesOf({ arms }: AblationParts): string[] {
  return [...arms.values()].flatMap(({ note }) => note ?? []);
}

/**
 * Everything of a config that can be checked without a picture: that its splits are there and large
 * enough, and that one step of the towers and of each arm can be made.
 */
export async function checkAblation(
  config: AblationConfig,
  parts: AblationParts,
  pairs: TokenisedPairs,
): Promise<void> {
  const { towers, fusion: phase, data } = config;
  const split = (name: string): PairSplit => withBlankPictures(pairs.split(name), data.imageSize);
  const unread = { split, tokenizer: pairs.tokenizer, fingerprint: 'not decoded' };
  checkComparison({ ...comparisonOf(config, parts, unread), out: '.' });
  const train = split(data.train);
  const { image, text } = parts;
  const model = jointModel({ image, text, fusion: towersFusion(config) });
  await dryStep({ model, ...learning(towers) }, towerBatches(config, train, { high: 0, low: 0 }));
  const { batchSize } = phase;
  const negatives = resolveNegatives(phase.negatives, train.records).count;
  const specs = { image: image.features, text: text.features, textTokens: data.maxTokens };
  for (const { fusion } of parts.arms.values()) {
    const cached = {
      image: cachedEncoder(image.name, image.features),
      text: cachedEncoder(text.name, text.features),
    };
    dryStepOnFeatures({ model: jointModel({ ...cached, fusion }), ...learning(phase) }, specs, {
      batchSize,
      negatives,
    });
  }
}

/** What `compareFusions` is asked, but for the folder and the listeners. */
export function comparisonOf(
  config: AblationConfig,
  { image, text, arms }: AblationParts,
  data: Pick<PairDataset, 'split' | 'fingerprint' | 'tokenizer'>,
): Omit<CompareFusionsOptions<Tensor4D, TextInput>, 'out'> {
  const { towers, fusion: phase } = config;
  const train = data.split(config.data.train);
  return {
    data: { train, test: data.split(config.data.test), fingerprint: data.fingerprint },
    towers: {
      image,
      text,
      fusion: towersFusion(config),
      ...learning(towers),
      steps: towers.steps,
      seed: towers.seed,
      data: (key) => towerBatches(config, train, key),
    },
    arms: Array.from(arms, ([name, { fusion }]) => ({
      name,
      fusion,
      training: {
        ...learning(phase),
        steps: phase.steps,
        batchSize: phase.batchSize,
        negatives: phase.negatives,
      },
    })),
    seeds: config.seeds,
    top: config.top,
    recipe: {
      towers: {
        data: { ...config.data, ...places, tokenizer: data.tokenizer.fingerprint },
        image: config.image,
        text: config.text,
        towers,
      },
      arms: Object.fromEntries(
        Array.from(arms, ([name, { part }]) => [name, { arm: part, training: phase }]),
      ),
    },
  };
}

function towersFusion({ towers }: AblationConfig): ReturnType<typeof createFusion> {
  return createFusion(towers.fusion.name, towers.fusion.options);
}

function learning(phase: Omit<PhaseConfig, 'negatives'>) {
  return { loss: createLoss(phase.loss.name, phase.loss.options), optimizer: optimizerOf(phase) };
}

function towerBatches({ data, towers }: AblationConfig, split: PairSplit, key: Key): BatchSource {
  const { batchSize, negatives } = towers;
  return pairBatches(split, { batchSize, negatives, key, augment: data.augment });
}
