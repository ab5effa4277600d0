import { ConfigError, mergeParams, partition, type Params } from '@crossweave/core';
import { checkOptions, requireText, text } from '@crossweave/core/authoring';
import { pretrained, pretrainedChecks } from './pretrained';
import type { Pretrained, PretrainedOptions } from './types';

/** Where two towers come from: folders or hub ids, as {@link pretrained} takes them. */
export interface TowerSources {
  readonly image: string;
  readonly text: string;
}

/**
 * The image tower of one checkpoint and the text tower of another, each with what it was trained
 * with: ResNet-50 and BERT, say. What joins them is not there: it is yours to choose and train. Of a
 * checkpoint that has both, the other tower is left out.
 *
 * ```ts
 * using towers = await pretrainedTowers({ image: 'microsoft/resnet-50', text: 'bert-base-uncased' });
 * ```
 *
 * @throws as {@link pretrained}; ConfigError for a checkpoint without the tower that it is to bring.
 */
export async function pretrainedTowers(
  from: TowerSources,
  options: PretrainedOptions = {},
): Promise<Pretrained> {
  const where = 'pretrainedTowers';
  checkOptions(where, from, { image: text(), text: text() }, ['image', 'text']);
  for (const side of ['image', 'text'] as const) requireText(where, side, from[side]);
  checkOptions(where, options, pretrainedChecks);
  const { imageSize, preprocessing, maxTokens, tokenizer, ...find } = options;
  const left = await pretrained(from.image, {
    ...find,
    ...(imageSize !== undefined && { imageSize }),
    ...(preprocessing && { preprocessing }),
  });
  try {
    const right = await pretrained(from.text, {
      ...find,
      ...(maxTokens !== undefined && { maxTokens }),
      ...(tokenizer !== undefined && { tokenizer }),
    });
    try {
      return joined(left, right);
    } catch (error) {
      right[Symbol.dispose]();
      throw error;
    }
  } catch (error) {
    left[Symbol.dispose]();
    throw error;
  }
}

function joined(left: Pretrained, right: Pretrained): Pretrained {
  const { image } = left;
  const { text: ofText } = right;
  if (image === undefined) throw lacking(left, 'image');
  if (ofText === undefined) throw lacking(right, 'text');
  const params = mergeParams(of(left.params, 'image.'), of(right.params, 'text.'));
  return {
    name: `${left.name} + ${right.name}`,
    family: `${left.family} + ${right.family}`,
    ...{ image, text: ofText, params },
    notes: [...left.notes, ...right.notes],
    [Symbol.dispose]: () => {
      left[Symbol.dispose]();
      right[Symbol.dispose]();
    },
  };
}

function of(params: Params, prefix: string): Params {
  const [own] = partition(params, (path) => path.startsWith(prefix));
  return own;
}

function lacking({ name, family }: Pretrained, side: string): ConfigError {
  return new ConfigError(`the checkpoint has no ${side} tower`, {
    where: 'pretrainedTowers',
    expected: `a checkpoint with one under "${side}"`,
    got: `${name}, of the kind ${family}`,
  });
}
