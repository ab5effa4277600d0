import { cast, mul, tensor1d } from '@tensorflow/tfjs-core';
import { foldIn, mergeParams, parameter } from '@crossweave/core';
import type { Fusion, PooledFeatures } from '@crossweave/core';
import { count, readOptions } from '@crossweave/core/authoring';
import type { Activation } from '@crossweave/core/nn';
import { activationOrNoneCheck } from '../../option-checks';
import {
  bilinearFusion,
  bilinearFusionChecks,
  bilinearFusionDefaults,
  type BilinearFusionOptions,
} from './bilinear-fusion';
import {
  bufferNames,
  drawHash,
  hashBuffers,
  reachedPlaces,
  sketchTransforms,
  torusOf,
} from './count-sketch';
import { hartleyTables, inverseHartley } from './hartley';
import { rankProduct } from './products';
import { activationNamed, sidePaths } from './projections';

/** `dropout` acts on the sketch. */
export interface McbOptions extends BilinearFusionOptions {
  /** Length of the sketch: a product of two numbers of at most 1024. Default 16000. */
  hidden?: number;
  /** Of the joint representation. Default `relu`. */
  outputActivation?: Activation | 'none';
  /** Pairs that `score` computes at a time; a pair takes six times the sketch's length. Default 256. */
  chunk?: number;
}

/**
 * Multimodal compact bilinear pooling (Fukui et al. 2016, arXiv 1606.01847): joint =
 * f(W_o · n(s) + b_o) with the count sketch s of the outer product x ⊗ y: the inner product of two
 * such sketches is an unbiased estimate of ⟨x, x'⟩·⟨y, y'⟩. The sketch of x ⊗ y is the circular
 * convolution of the sketches of x and of y, in which every number has a random place and sign
 * (`sketch<side>.buffer_index` and `.buffer_sign`: buffers, drawn by `init` and never trained).
 *
 * The paper's places are numbers modulo the sketch's length. Here they are pairs of numbers modulo
 * P and modulo Q, P·Q the sketch's length, which is the same up to order where P and Q have no
 * common divisor (16000 = 125·128). The convolution is then a few matrix products with Hartley
 * transforms, which every engine can differentiate: 2·(P + Q) multiplications per number of the
 * sketch, whatever the widths of x and y.
 */
export function mcb(options: McbOptions = {}): Fusion<PooledFeatures> {
  const where = 'mcb';
  const settings = readOptions<McbOptions>(
    where,
    options,
    { ...bilinearFusionDefaults, chunk: 256, hidden: 16000, outputActivation: 'relu' },
    { ...bilinearFusionChecks, hidden: count(), outputActivation: activationOrNoneCheck },
  );
  const { hidden, dim, normalize } = settings;
  const torus = torusOf(where, hidden);
  const tables = hartleyTables(torus);
  const { image, text } = sidePaths('sketch');
  const reached = `sketch.${bufferNames.reached}`;

  return bilinearFusion({
    where,
    name: `mcb(${hidden}-${dim})`,
    settings,
    product: rankProduct,
    products: hidden,
    normalized: normalize ? 1 : 0,
    activate: activationNamed(settings.outputActivation),
    init: (key, specs) => {
      const left = drawHash(foldIn(key, image), specs.image.dim, torus);
      const right = drawHash(foldIn(key, text), specs.text.dim, torus);
      const hashes = mergeParams(hashBuffers(image, left), hashBuffers(text, right));
      if (!normalize) return hashes;
      return { ...hashes, [reached]: tensor1d(reachedPlaces(left, right, torus), 'int32') };
    },
    prepare: (params, x, y) => ({
      image: sketchTransforms(params, image, x, tables, tables.mixed),
      text: sketchTransforms(params, text, y, tables, tables.plain),
    }),
    pool: (params, transforms) => {
      const sketch = inverseHartley(tables, transforms);
      // A place that no product is added to holds rounding errors, which the square root would enlarge.
      return normalize ? mul(sketch, cast(parameter(params, reached), 'float32')) : sketch;
    },
  });
}
