import { isDeepStrictEqual } from 'node:util';
import { ConfigError, partition, type Params } from '@crossweave/core';
import {
  pretrained,
  pretrainedTowers,
  type Pretrained,
  type PretrainedOptions,
} from '@crossweave/models';
import { z } from 'zod';
import { parseConfig } from './parse';
import { rawOf, type Raw } from './raw';

const where = {
  revision: z.string().optional(),
  /** Fetch a hub's model that is not on this machine. */
  download: z.boolean().optional(),
};

/**
 * A checkpoint that a whole model begins with (a folder, a hub id, a run), or two that bring a tower
 * each, and where they are.
 */
export const modelSchema = z
  .union([
    z.string(),
    z.strictObject({ from: z.string(), ...where }),
    z.strictObject({ image: z.string(), text: z.string(), ...where }),
  ])
  .transform((given) => (typeof given === 'string' ? { from: given } : given));

/** Longest texts that are taken from a checkpoint unasked: all texts are padded to it. */
const usualTokens = 77;

/**
 * The checkpoint that a config names under `model`; undefined where it names none. The caller
 * disposes it.
 *
 * @throws what `pretrained` throws.
 */
export async function modelOf(config: unknown): Promise<Pretrained | undefined> {
  const { model, data, image } = rawOf(config);
  if (model === undefined) return undefined;
  const source = parseConfig(modelSchema, model, 'model');
  const { revision, download } = source;
  // The size of the pictures of an image tower of the config's own is no matter of the checkpoint.
  const { imageSize } = rawOf(image)['name'] === undefined ? rawOf(data) : {};
  const options: PretrainedOptions = {
    ...(revision !== undefined && { revision }),
    ...(download !== undefined && { download }),
    ...(typeof imageSize === 'number' && { imageSize }),
  };
  if ('from' in source) return pretrained(source.from, options);
  return pretrainedTowers({ image: source.image, text: source.text }, options);
}

/**
 * A config with what its checkpoint brings: towers that it does not name itself, the fusion unless it is of another
 * kind, the tokenizer, and how pictures are prepared where it does not say it.
 *
 * @throws ConfigError for a part that neither names, or a tokenizer that is not the checkpoint's.
 */
export function withModel(config: unknown, model: Pretrained, fusionAt = 'fusion'): Raw {
  const raw = rawOf(config);
  if (Object.keys(takenFrom(config, model)).length === 0) {
    throw new ConfigError('the checkpoint brings nothing that the config does not name itself', {
      where: 'model',
      expected: 'a tower or a fusion that the config leaves out',
      got: `${model.name}, of the kind ${model.family}`,
      advice: 'Leave the names of image, text or fusion out, or leave "model" out.',
    });
  }
  const [image, text, fusion] = (['image', 'text', 'fusion'] as const).map((part) =>
    partOf(part, part === 'fusion' ? fusionAt : part, raw, model),
  );
  const { image: ofImage, text: ofText } = takenFrom(config, model);
  const data = rawOf(raw['data']);
  if (ofText !== undefined && data['tokenizer'] !== undefined) {
    throw new ConfigError('the tokenizer comes with the text tower of the checkpoint', {
      where: 'data.tokenizer',
      expected: 'no tokenizer beside "model"',
      got: data['tokenizer'],
      advice: 'Leave data.tokenizer out, or name a text tower of your own under "text".',
    });
  }
  const { size: imageSize, ...pictures } = { ...ofImage?.preprocessing };
  return {
    ...raw,
    model: typeof raw['model'] === 'string' ? { from: raw['model'] } : raw['model'],
    ...{ image, text, fusion },
    data: {
      ...(ofImage && { imageSize, ...pictures }),
      ...(ofText && {
        tokenizer: ofText.tokenizerFolder,
        maxTokens: Math.min(ofText.maxTokens, usualTokens),
      }),
      ...data,
    },
  };
}

/** A config of `ablate` as one whose `fusion` is that of the towers. */
export function ofTowers(config: unknown): Raw {
  const raw = rawOf(config);
  return { ...raw, fusion: rawOf(raw['towers'])['fusion'] };
}

/** As {@link withModel}, a config of `ablate`: the checkpoint's fusion joins the towers. */
export function withModelOfTowers(config: unknown, model: Pretrained): Raw {
  const { fusion: training, towers } = rawOf(config);
  const { fusion, ...filled } = withModel(ofTowers(config), model, 'towers.fusion');
  return { ...filled, fusion: training, towers: { ...rawOf(towers), fusion } };
}

/** Whether a config that is not checked yet begins with a checkpoint. */
export function namesModel(config: unknown): boolean {
  return rawOf(config)['model'] !== undefined;
}

/** The weights of the parts that a config takes from its checkpoint; the checkpoint's own tensors. */
export function weightsFrom(config: unknown, model: Pretrained): Params {
  const parts = Object.keys(takenFrom(config, model));
  const [taken] = partition(model.params, (path) =>
    parts.some((part) => path.startsWith(`${part}.`)),
  );
  return taken;
}

/** The parts of a checkpoint that a config takes: those that it does not name itself. */
function takenFrom(
  config: unknown,
  model: Pretrained,
): Partial<Pick<Pretrained, 'image' | 'text' | 'fusion'>> {
  const raw = rawOf(config);
  const own = (part: string): boolean => rawOf(raw[part])['name'] !== undefined;
  return {
    ...(model.image && !own('image') && { image: model.image }),
    ...(model.text && !own('text') && { text: model.text }),
    ...(model.fusion && !namesOwnFusion(raw, model) && { fusion: model.fusion }),
  };
}

/**
 * Whether a config has a fusion of its own. A dual encoder named over a checkpoint's towers is the checkpoint's,
 * where that has one: new projections would throw away what it knows.
 */
function namesOwnFusion(raw: Raw, model: Pretrained): boolean {
  const { name, weights } = rawOf(raw['fusion']);
  if (name === undefined) return false;
  const hasOwnTower = ['image', 'text'].some((part) => rawOf(raw[part])['name'] !== undefined);
  return hasOwnTower || weights !== undefined || name !== model.fusion?.part.name;
}

/** @throws ConfigError where a config asks for other options than the checkpoint's fusion was trained with. */
function requireSameOptions(where: string, own: Raw, brought: Raw): void {
  for (const [option, value] of Object.entries(own)) {
    if (!Object.hasOwn(brought, option) || isDeepStrictEqual(value, brought[option])) continue;
    throw new ConfigError('the fusion of the checkpoint was trained with another value', {
      where: `${where}.options.${option}`,
      expected: brought[option],
      got: value,
      advice:
        'Leave it out to begin with what the checkpoint has learned. For a new fusion over its towers name them one by one: "model": { "image": FROM, "text": FROM }.',
    });
  }
}

function partOf(
  part: 'image' | 'text' | 'fusion',
  where: string,
  raw: Raw,
  model: Pretrained,
): Raw {
  const own = rawOf(raw[part]);
  const isOwn = part === 'fusion' ? namesOwnFusion(raw, model) : own['name'] !== undefined;
  if (isOwn) return own;
  const brought = model[part]?.part;
  if (brought === undefined) {
    throw new ConfigError(
      `the checkpoint brings no ${part === 'fusion' ? 'fusion' : `${part} tower`}`,
      {
        where,
        expected: `"${where}" with a name`,
        got: `${model.name}, of the kind ${model.family}`,
      },
    );
  }
  if (own['weights'] !== undefined) {
    throw new ConfigError(`"weights" of the ${part} come with the checkpoint`, {
      where: `${where}.weights`,
      advice: `Leave them out, or name the ${part} that they belong to.`,
    });
  }
  const options = rawOf(own['options']);
  if (part === 'fusion') requireSameOptions(where, options, brought.options);
  return { ...own, name: brought.name, options: { ...brought.options, ...options } };
}
