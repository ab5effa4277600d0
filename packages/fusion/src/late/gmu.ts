import { add, mul, sigmoid, sub, tanh, type Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, type Fusion, type PooledFeatures } from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import { initLinear, linear } from '@crossweave/core/nn';
import { concatLinear } from './concat-linear';
import {
  dropSides,
  pooledFusion,
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from './pooled-fusion';

/** `dropout` acts on both vectors. */
export type GmuOptions = PooledFusionOptions;

/**
 * Gated multimodal unit (Arevalo et al., arXiv 1702.01992): each entry of the joint representation
 * is a mixture of both sides with its own weight, joint = z∘tanh(W_i·x) + (1 − z)∘tanh(W_t·y) with
 * z = σ(W_z·[x; y]) [B, D], image x, text y, without biases: the bimodal unit of the paper.
 */
export function gmu(options: GmuOptions = {}): Fusion<PooledFeatures> {
  const where = 'gmu';
  const settings = readOptions(where, options, pooledFusionDefaults, pooledFusionChecks);
  const { dim } = settings;

  return pooledFusion({
    where,
    name: `gmu(${dim})`,
    settings,
    init: (key, { image, text }) =>
      mergeParams(
        initLinear(key, 'image_hidden', { in: image.dim, out: dim, bias: false }),
        initLinear(key, 'text_hidden', { in: text.dim, out: dim, bias: false }),
        initLinear(key, 'gate', { in: image.dim + text.dim, out: dim, bias: false }),
      ),
    prepare: (params, image, text, ctx) => {
      const [x, y] = dropSides(image, text, settings.dropout, ctx);
      const gate = concatLinear(params, 'gate', x, y);
      return {
        image: { gate: gate.image, hidden: tanh(linear(params, 'image_hidden', x)) },
        text: { gate: gate.text, hidden: tanh(linear(params, 'text_hidden', y)) },
      };
    },
    join: (_, image, text) => {
      const gate = sigmoid(add(image.gate, text.gate));
      // z·a + (1 − z)·b
      return add<Tensor2D>(text.hidden, mul(gate, sub(image.hidden, text.hidden)));
    },
  });
}
