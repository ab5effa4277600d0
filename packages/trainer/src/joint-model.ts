import { Tensor, concat, slice, tidy } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mapFeatures,
  mergeParams,
  requireComplete,
  requireTokens,
  scoped,
  subtree,
  withFields,
  withOwnKey,
  withPrefix,
  withoutRecord,
  type Batch,
  type Context,
  type Encoder,
  type Features,
  type Fusion,
  type Model,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { checkOptions, having, withConfig } from '@crossweave/core/authoring';

/** The parts of a joint model, and the first word of their parameters' paths. */
type ModelPart = 'image' | 'text' | 'fusion';

export interface JointModelOptions<Image, Text, F extends PooledFeatures = Features> {
  readonly image: Encoder<Image, F>;
  readonly text: Encoder<Text, F>;
  /** Reads no more than both encoders give. */
  readonly fusion: Fusion<F>;
}

const encoderCheck = having('an encoder, with init and apply', 'init', 'apply');
const checks = {
  image: encoderCheck,
  text: encoderCheck,
  fusion: having('a fusion, with init, fuse and score', 'init', 'fuse', 'score'),
};

/**
 * Two encoders and a fusion as one model; parameters under `image.`, `text.` and `fusion.`.
 * A batch's false captions go through the text encoder together with the true ones. A part all of
 * whose parameters {@link TrainOptions.frozen} freezes runs as in inference, also in training: no
 * dropout, stored running statistics.
 *
 * @throws ConfigError for a wrong option, (from `init`) for a fusion of tokens over an encoder without any, (from
 * `forward`) for features with missing rows under a fusion that does not take them.
 */
export function jointModel<Image, Text, F extends PooledFeatures>(
  options: JointModelOptions<Image, Text, F>,
): Model<Image, Text, F> {
  // The checks do not read what goes in and comes out.
  const plain = options as unknown as JointModelOptions<unknown, unknown>;
  checkOptions('jointModel', plain, checks, ['image', 'text', 'fusion']);
  const { image, text, fusion } = options;
  const contextOf = (part: ModelPart, ctx: Context, params: Params): Context =>
    isFrozen(ctx, part, params)
      ? withFields(withoutRecord(scoped(ctx, `${part}.`)), { training: false })
      : scoped(ctx, `${part}.`);

  return withConfig('jointModel', { image, text, fusion }, {
    name: `${image.name} + ${text.name} + ${fusion.name}`,
    init(key) {
      requireTokens(fusion, image.features, text.features);
      // Nothing is left behind when a part refuses.
      return tidy(() => ({
        ...mergeParams(
          withPrefix('image.', image.init(foldIn(key, 'image'))),
          withPrefix('text.', text.init(foldIn(key, 'text'))),
          withPrefix('fusion.', fusion.init(foldIn(key, 'fusion'), image.features, text.features)),
        ),
      }));
    },
    forward(params, batch, ctx) {
      const fusionParams = subtree(params, 'fusion.');
      const fusionContext = contextOf('fusion', ctx, fusionParams);
      const textParams = subtree(params, 'text.');
      const texts = encodeTexts(text, textParams, batch, contextOf('text', ctx, textParams));
      const imageParams = subtree(params, 'image.');
      const images = image.apply(imageParams, batch.image, contextOf('image', ctx, imageParams));
      requireComplete(fusion, images, texts.text, texts.negatives);
      return {
        image: images,
        ...texts,
        ...(fusion.sharesImages === true && { sharesImages: true }),
        fuse: (left, right) => fusion.fuse(fusionParams, left, right, fusionContext),
        score: (left, right) => fusion.score(fusionParams, left, right, fusionContext),
        ...(fusion.embed && {
          embed: (side: 'image' | 'text', features: F) =>
            fusion.embed!(fusionParams, side, features, fusionContext),
        }),
      };
    },
  } satisfies Model<Image, Text, F>);
}

/** Whether nothing of a part is trained. */
function isFrozen({ frozen }: Context, part: ModelPart, params: Params): boolean {
  const paths = Object.keys(params);
  return (
    frozen !== undefined && paths.length > 0 && paths.every((path) => frozen(`${part}.${path}`))
  );
}

function encodeTexts<Text, F extends PooledFeatures>(
  encoder: Encoder<Text, F>,
  params: Params,
  batch: Batch<unknown, Text>,
  ctx: Context,
): { text: F; negatives?: F } {
  const { text, negatives } = batch;
  if (negatives === undefined) return { text: encoder.apply(params, text, ctx) };
  // Joining copies the input: not worth it when there is nothing to compute (cached features).
  const joined = Object.keys(params).length > 0 ? concatRows(text, negatives) : undefined;
  if (joined === undefined) {
    const own = withOwnKey(ctx, 'negatives');
    return {
      text: encoder.apply(params, text, ctx),
      negatives: encoder.apply(params, negatives, own),
    };
  }
  const all = encoder.apply(params, joined, ctx);
  return { text: rows(all, 0, batch.size), negatives: rows(all, batch.size, -1) };
}

/** Rows `from` … `from`+`count`−1 of features; `count` −1: to the end. */
function rows<F extends PooledFeatures>(features: F, from: number, count: number): F {
  return mapFeatures(features, (x) => slice(x, from, count));
}

/** Two inputs of the same kind as one, rows of `b` after those of `a`; undefined where they do not fit. */
function concatRows<Input>(a: Input, b: Input): Input | undefined {
  const join = (left: unknown, right: unknown): Tensor | undefined => {
    if (!isTensor(left) || !isTensor(right)) return undefined;
    const fits =
      left.rank === right.rank && left.shape.every((size, i) => i === 0 || size === right.shape[i]);
    return fits ? concat([left, right], 0) : undefined;
  };
  // The input's type is the encoder's own; an equal structure of tensors is of the same type.
  if (isTensor(a)) return join(a, b) as Input | undefined;
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return undefined;
  const other = b as Record<string, unknown>;
  const entries = Object.entries(a).map(
    ([name, value]) => [name, join(value, other[name])] as const,
  );
  if (entries.some(([, value]) => value === undefined)) return undefined;
  return Object.fromEntries(entries) as Input;
}

function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}
