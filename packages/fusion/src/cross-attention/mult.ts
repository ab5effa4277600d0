import { add, concat, relu, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { mergeParams, type Context, type Fusion, type Key, type Params } from '@crossweave/core';
import { count } from '@crossweave/core/authoring';
import {
  dropout as drop,
  feedForwardPart,
  initLayerNorm,
  initLinear,
  initTransformerBlock,
  layerNorm,
  linear,
  maskedMean,
  multiHeadAttention,
} from '@crossweave/core/nn';
import type { Tokens } from '../features';
import {
  imageOfEachText,
  tokenFusionChecks,
  tokenFusionDefaults,
  transformerFusion,
  transformerSettings,
  type TokenFusionOptions,
} from '../transformer-fusion';

export interface MultOptions extends TokenFusionOptions {
  /** Layers of self attention on each stream, after the cross-modal `layers`. Default 3. */
  selfLayers?: number;
}

/** MulT's names: l is language, v is vision; `trans_l_with_v` has text queries and image keys. */
const networks = {
  textWithImage: 'trans_l_with_v',
  imageWithText: 'trans_v_with_l',
  text: 'trans_l_mem',
  image: 'trans_v_mem',
} as const;

/**
 * Pairwise cross-modal transformers (MulT, arXiv 1906.00295). In each direction there are `layers`
 * layers of attention from one side to the other and a feed-forward network, with layer norm first.
 * Every layer reads the embedded tokens of the other side, not its stream, and there is no self
 * attention. Then `selfLayers` layers of self attention follow on each stream. `joint` [B, 2D] is h
 * + W₂·relu(W₁·h), where h concatenates the means of the image's and the text's stream; `match` is
 * a linear head on it.
 *
 * MulT reads the last step of each sequence, which may be padding for a text and has no meaning for
 * an image; here the mean of the real tokens replaces it. The learned positions of the token
 * embedding replace MulT's sinusoidal positions. Layers have the keys of
 * nn.TransformerEncoderLayer, networks those of MulT.
 */
export function mult(options: MultOptions = {}): Fusion {
  const where = 'mult';
  const settings = transformerSettings<MultOptions>(
    where,
    options,
    { ...tokenFusionDefaults, selfLayers: 3 },
    { ...tokenFusionChecks, selfLayers: count() },
  );
  const { dim, layers, selfLayers, heads, hidden, dropout } = settings;

  const initNetwork = (key: Key, path: string, depth: number): Params =>
    mergeParams(
      ...Array.from({ length: depth }, (_, i) =>
        initTransformerBlock(key, `${path}.layers.${i}`, { dim, hidden }),
      ),
      initLayerNorm(`${path}.layer_norm`, dim),
    );

  /**
   * `depth` layers on a sequence. They attend to a second sequence or, without one, to the sequence
   * itself.
   */
  const network = (
    params: Params,
    path: string,
    depth: number,
    own: Tokens,
    ctx: Context,
    other?: Tokens,
  ): Tokens => {
    let x = own.tokens;
    for (let i = 0; i < depth; i++) {
      const at = `${path}.layers.${i}`;
      const norm = (tokens: Tensor3D): Tensor3D => layerNorm(params, `${at}.norm1`, tokens);
      const seen = multiHeadAttention(params, `${at}.self_attn`, {
        query: norm(x),
        context: other && norm(other.tokens),
        mask: (other ?? own).mask,
        heads,
        ctx,
        dropout,
      });
      const attended = add<Tensor3D>(x, drop(seen, dropout, ctx, `${at}.dropout1`));
      const block = { heads, ctx, dropout, normFirst: true, activation: 'relu' } as const;
      x = feedForwardPart(params, at, 2, attended, block);
    }
    return { tokens: layerNorm(params, `${path}.layer_norm`, x), mask: own.mask };
  };

  const summary = (params: Params, path: string, stream: Tokens, ctx: Context): Tensor2D => {
    const { tokens, mask } = network(params, path, selfLayers, stream, ctx);
    return maskedMean(tokens, mask);
  };

  return transformerFusion({
    where,
    name: `mult(${dim}x${layers}+${selfLayers})`,
    family: 'cross-attention',
    settings,
    width: 2 * dim,
    init: (key) =>
      mergeParams(
        initNetwork(key, networks.imageWithText, layers),
        initNetwork(key, networks.textWithImage, layers),
        initNetwork(key, networks.image, selfLayers),
        initNetwork(key, networks.text, selfLayers),
        initLinear(key, 'proj1', { in: 2 * dim, out: 2 * dim }),
        initLinear(key, 'proj2', { in: 2 * dim, out: 2 * dim }),
      ),
    join: (params, image, text, ctx) => {
      const each = imageOfEachText(image, text);
      const seeing = network(params, networks.textWithImage, layers, text, ctx, image);
      const reading = network(params, networks.imageWithText, layers, each, ctx, text);
      const both = concat<Tensor2D>(
        [
          summary(params, networks.image, reading, ctx),
          summary(params, networks.text, seeing, ctx),
        ],
        1,
      );
      const inner = drop(relu(linear(params, 'proj1', both)), dropout, ctx, 'proj1');
      return add(both, linear(params, 'proj2', inner));
    },
  });
}
