import {
  transpose,
  tidy,
  type Tensor,
  type Tensor2D,
  type TensorContainer,
} from '@tensorflow/tfjs-core';
import {
  ConfigError,
  anyPattern,
  disposeParams,
  mergeParams,
  nearestName,
  partition,
  pathPattern,
  shapesOf,
  type Context,
  type Encoder,
  type Features,
  type ParamShapes,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import {
  checkOptions,
  count,
  dropRate,
  having,
  listOf,
  number,
  requireNumber,
  requireValue,
  text,
} from '@crossweave/core/authoring';
import { dropPath } from '@crossweave/core/nn';
import { adaptedWeight, adapterPaths, initAdapter, isAdapter } from './adapters';

export interface LoraOptions {
  /** Of the product that is added to a weight. */
  readonly rank: number;
  /** The product is multiplied by `alpha` / `rank`; > 0. */
  readonly alpha: number;
  /**
   * Linear layers to adapt, as `pathPattern` reads them. Default: the projections of queries and
   * values, which the paper adapts, under the names of BERT, DistilBERT, ViT and CLIP.
   */
  readonly targets?: readonly string[];
  /** Share of a layer's inputs that its adapter does not see in a step, in [0, 1); default 0. */
  readonly dropout?: number;
}

const alphaBounds = { above: 0 };
const encoderCheck = having('an encoder, with init and apply', 'init', 'apply');
const checks = {
  rank: count(),
  alpha: number(alphaBounds),
  targets: listOf(text(), { min: 1 }),
  dropout: dropRate(),
};

const queriesAndValues = ['query', 'value', 'q_proj', 'v_proj', 'q_lin', 'v_lin'];

/**
 * An encoder with low-rank adapters (LoRA; Hu et al. 2021): beside each target's `weight`
 * [out, in] lie `lora_A.weight` [rank, in] and `lora_B.weight` [out, rank], and the layer computes
 * with W + (alpha / rank)·B·A. Train the adapters alone with `freeze(model, { text: 'base' })`,
 * and fold them into the weights with {@link mergeLora}.
 *
 * The sum is formed once a pass, before the encoder sees its parameters: one product of rank
 * `rank` a target, and no change to any encoder. What it trades for that: the gradient of the sum
 * is a whole matrix, so a step is about as long as full training's, and what is saved is the
 * optimizer's state and the size of what is saved. Dropout leaves out whole inputs of a layer, the
 * same for all tokens of a step, where PEFT draws anew for each.
 *
 * @throws ConfigError for a wrong option; from `init` and `apply`, for a target that is no
 * linear layer of the encoder.
 */
export function withLora<Input, Out extends PooledFeatures = Features>(
  encoder: Encoder<Input, Out>,
  options: LoraOptions,
): Encoder<Input, Out> {
  requireValue('withLora', 'encoder', encoder, encoderCheck);
  checkOptions<LoraOptions>('withLora', options, checks, ['rank', 'alpha']);
  const { rank, alpha, targets, dropout = 0 } = options;

  return {
    name: `${encoder.name} + lora(${rank})`,
    features: encoder.features,
    init(key) {
      const base = encoder.init(key);
      const layers = linearLayersOf(base, targets);
      const adapters = layers.map((layer) =>
        initAdapter(key, layer, base[`${layer}.weight`] as Tensor2D, rank),
      );
      return mergeParams(base, ...adapters);
    },
    apply(params, input, ctx) {
      const [adapters, base] = partition(params, isAdapter);
      // Features are trees of tensors, which `tidy` returns; their type cannot tell it so.
      return tidy(() => {
        const adapted: Record<string, Tensor> = { ...base };
        for (const layer of adaptedLayers(adapters)) {
          adapted[`${layer}.weight`] = adaptedWeight(params, layer, alpha, (a) =>
            dropInputs(a, dropout, ctx, adapterPaths(layer).a),
          );
        }
        return encoder.apply(adapted, input, ctx) as unknown as TensorContainer;
      }) as unknown as Out;
    },
  };
}

/**
 * The tree without adapters, each folded into the weight it lies beside: what the plain encoder
 * computes with the same results. Paths may have any prefix. New tensors, the caller's to dispose.
 *
 * @param options.alpha as it was in training; the rank is that of the adapters.
 */
export function mergeLora(params: Params, options: Pick<LoraOptions, 'alpha'>): Params {
  requireNumber('mergeLora', 'alpha', options.alpha, alphaBounds);
  const [adapters, base] = partition(params, isAdapter);
  const layers = new Set(adaptedLayers(adapters).map((layer) => `${layer}.weight`));
  return Object.fromEntries(
    Object.entries(base).map(([path, value]) => [
      path,
      layers.has(path)
        ? adaptedWeight(params, path.slice(0, -'.weight'.length), options.alpha)
        : value.clone(),
    ]),
  );
}

function adaptedLayers(adapters: Params): string[] {
  const end = '.lora_A.weight';
  return Object.keys(adapters)
    .filter((path) => path.endsWith(end))
    .map((path) => path.slice(0, -end.length));
}

/** The layers to adapt of a tree, which is disposed where a target is none of them. */
function linearLayersOf(base: Params, targets: readonly string[] | undefined): string[] {
  try {
    return linearLayers(shapesOf(base), targets);
  } catch (error) {
    disposeParams(base);
    throw error;
  }
}

function linearLayers(shapes: ParamShapes, targets: readonly string[] | undefined): string[] {
  const end = '.weight';
  const all = Object.keys(shapes)
    .filter((path) => path.endsWith(end) && shapes[path]!.length === 2)
    .map((path) => path.slice(0, -end.length));
  const unmatched = targets?.find((target) => !all.some(pathPattern(target)));
  const found = all.filter(anyPattern(targets ?? queriesAndValues.map((name) => `**.${name}`)));
  if (found.length > 0 && unmatched === undefined) return found;
  const nearest = nearestName(unmatched ?? '', all);
  throw new ConfigError('"targets" names what is no linear layer of the encoder', {
    where: 'withLora',
    expected: `patterns of ${all.slice(0, 3).join(', ')} …`,
    got: unmatched ?? queriesAndValues.join(', '),
    ...(nearest !== undefined && { advice: `Did you mean "${nearest}"?` }),
  });
}

/** Leaves out columns of A [rank, in]. */
function dropInputs(a: Tensor2D, rate: number, ctx: Context, path: string): Tensor2D {
  if (!ctx.training || rate === 0) return a;
  return tidy(() => transpose(dropPath(transpose(a), rate, ctx, path)));
}
