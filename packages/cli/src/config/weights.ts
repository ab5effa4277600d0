import {
  ConfigError,
  disposeParams,
  initialShapes,
  lookUp,
  mergeParams,
  withPrefix,
  type Key,
  type Params,
} from '@crossweave/core';
import type { KeyMap } from '@crossweave/checkpoints';
import { loadCheckpoint } from '@crossweave/checkpoints/node';
import { keyMaps } from './key-maps';
import type { EncoderConfig, TrainConfig } from './schema';

/** What adapters start with is drawn, whatever the checkpoint. */
const adapters = ['**.lora_A', '**.lora_B'];

/**
 * The ids of home-made tokens would mean other words to a text tower that was trained elsewhere.
 *
 * @throws ConfigError for weights of a text tower beside which no tokenizer is named.
 */
export function requireItsTokenizer({ text, data }: Pick<TrainConfig, 'text' | 'data'>): void {
  if (text.weights === undefined || data.tokenizer !== undefined) return;
  throw new ConfigError('the text tower has weights, and their tokenizer is not named', {
    where: 'data.tokenizer',
    expected: 'the folder with tokenizer.json of the same checkpoint',
    got: `"text.weights" ${text.weights.from} alone`,
    advice:
      'Name it (--set data.tokenizer=FOLDER), or take the checkpoint whole with --model, which brings its tokenizer along.',
  });
}

/**
 * An image tower that was trained elsewhere may have seen pictures of other statistics, or cropped ones where the
 * default squashes them.
 *
 * @throws ConfigError for weights of an image tower beside which nothing says how their pictures are prepared.
 */
export function requireItsPictures({ image, data }: Pick<TrainConfig, 'image' | 'data'>): void {
  if (image.weights === undefined || data.normalise !== undefined) return;
  throw new ConfigError(
    'the image tower has weights, and how their pictures are prepared is not named',
    {
      where: 'data.normalise',
      expected:
        '"imagenet", "clip", "siglip" or other statistics, as preprocessor_config.json of the same checkpoint has them',
      got: `"image.weights" ${image.weights.from} alone`,
      advice:
        'Name them (--set data.normalise=clip), with data.resize, data.resizeTo and data.filter where pictures are not squashed by bicubic; or take the checkpoint whole with --model, which brings all of it along.',
    },
  );
}

/** What checkpoints of a config's parts may lack, by paths of the joint model. */
export function mayBeMissing(parts: Readonly<Record<string, Part['config']>>): string[] {
  return Object.entries(parts).flatMap(([part, { weights }]) =>
    (weights?.ignoreMissing ?? []).map((pattern) => `${part}.${pattern}`),
  );
}

/** A part of a config and what was built of it. */
interface Part {
  readonly config: Pick<EncoderConfig, 'weights'>;
  readonly encoder: { init(key: Key): Params };
}

/**
 * The parameters that training begins with, where a config names checkpoints: by paths of the joint
 * model, the caller's to dispose.
 *
 * @throws DataError, FileFormatError or StateDictError as `loadCheckpoint`: a checkpoint must have
 * all of a part's parameters and no others.
 */
export async function initialWeights(parts: Readonly<Record<string, Part>>): Promise<Params> {
  const loaded: Params[] = [];
  try {
    for (const [part, { config, encoder }] of Object.entries(parts)) {
      if (config.weights === undefined) continue;
      const { from, keys, ignoreMissing = [], ...options } = config.weights;
      const { params } = await loadCheckpoint(from, {
        ...options,
        expected: initialShapes(encoder),
        ignoreMissing: [...ignoreMissing, ...adapters],
        ...(keys !== undefined && {
          keyMap: lookUp<KeyMap>(`${part}.weights.keys`, keyMaps, keys),
        }),
      });
      loaded.push(withPrefix(`${part}.`, params));
    }
  } catch (error) {
    loaded.forEach(disposeParams);
    throw error;
  }
  return mergeParams(...loaded);
}
