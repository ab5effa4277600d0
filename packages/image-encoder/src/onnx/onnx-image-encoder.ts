import {
  clone,
  dispose,
  expandDims,
  mean,
  ones,
  reshape,
  slice,
  tidy,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Features, FrozenEncoder } from '@crossweave/core';
import {
  anyOf,
  boolean,
  checkOptions,
  count,
  fields,
  listOf,
  number,
  oneOf,
  text,
  type Checks,
} from '@crossweave/core/authoring';
import { normalize } from '@crossweave/core/nn';
import { readJson } from '@crossweave/core/node';
import {
  findOnnxFolder,
  loadOnnxModel,
  onnxFile,
  onnxOutput,
  type OnnxModel,
  type OnnxModelOptions,
  type TransformersImports,
} from '@crossweave/checkpoints/node';
import { checkImage } from '../image-size';
import type { ImagePreprocessing } from '../preprocessing';
import { readPreprocessing } from './preprocessing';

export interface OnnxImageEncoderOptions extends OnnxModelOptions {
  /**
   * The output that holds the tokens [B, N, D], or a grid [B, D, h, w]. Default:
   * `last_hidden_state`; a model that has none gives `pooled` as its one token.
   */
  readonly tokens?: string;
  /**
   * What `pooled` is: the first token (a class token), the mean of all, or an output [B, D] of the
   * model. Default `cls`, and `mean` of a grid.
   */
  readonly pooling?: 'cls' | 'mean' | { readonly output: string };
  /** Whether `pooled` is scaled to length 1. Default false. */
  readonly normalize?: boolean;
  /** Default: what the folder's `preprocessor_config.json` says. */
  readonly preprocessing?: ImagePreprocessing;
}

/** A frozen encoder of pictures [B, height, width, 3] that were made ready as it says. */
export interface OnnxImageEncoder extends FrozenEncoder<Tensor4D> {
  readonly preprocessing: ImagePreprocessing;
}

const where = 'onnxImageEncoder';

const imports: TransformersImports = {
  '@xenova/transformers': () => import('@xenova/transformers'),
  '@huggingface/transformers': () => import('@huggingface/transformers'),
};

const poolings = {
  cls: (tokens: Tensor3D): Tensor2D => {
    const [batch, , dim] = tokens.shape;
    return reshape<Rank.R2>(slice(tokens, [0, 0, 0], [batch, 1, dim]), [batch, dim]);
  },
  mean: (tokens: Tensor3D): Tensor2D => mean<Tensor2D>(tokens, 1),
};

const channels = (bounds = {}) => listOf(number(bounds), { length: 3 });

const checks: Checks<OnnxImageEncoderOptions> = {
  library: oneOf('@xenova/transformers', '@huggingface/transformers'),
  modelClass: text(),
  file: text(),
  quantized: boolean(),
  tokens: text(),
  pooling: anyOf(oneOf(...Object.keys(poolings)), fields({ output: text() }, ['output'])),
  normalize: boolean(),
  preprocessing: fields(
    { height: count(), width: count(), mean: channels(), std: channels({ above: 0 }) },
    ['height', 'width', 'mean', 'std'],
  ),
};

/**
 * An image feature extraction model of a Hugging Face folder (`config.json`,
 * `preprocessor_config.json` and `onnx/model.onnx`, as the hub has them) as a frozen encoder, run
 * by `@xenova/transformers` or `@huggingface/transformers`. Nothing is downloaded.
 *
 * @param model the folder, or the id of a hub's model that lies in a cache of the libraries.
 * @throws ConfigError for a wrong option or when no library is installed, DataError or
 * FileFormatError when files are missing or not understood, EngineError when the model cannot be
 * loaded or lacks an output.
 */
export async function onnxImageEncoder(
  model: string,
  options: OnnxImageEncoderOptions = {},
): Promise<OnnxImageEncoder> {
  checkOptions(where, options, checks);
  const { pooling = null, normalize: unit = false, tokens = null } = options;
  const { folder, name } = await findOnnxFolder(where, model, onnxFile(options));
  const file = `${folder}/preprocessor_config.json`;
  const preprocessing = options.preprocessing ?? readPreprocessing(file, await readJson(file));
  const settings = { pooling, normalize: unit, tokens, preprocessing };
  const loaded = await loadOnnxModel(where, folder, imports, options, settings);
  const { height, width } = preprocessing;
  const encode = async (image: Tensor4D): Promise<Features> => {
    checkImage(`${where}.encode`, image, height, width);
    return await run(loaded, image, options);
  };
  try {
    const probed = zeros<Rank.R4>([1, height, width, 3]);
    const found = await encode(probed).finally(() => {
      probed.dispose();
    });
    dispose({ ...found });
    const [, count, dim] = found.tokens.shape;
    return {
      name: `onnx(${name})`,
      features: { dim, tokens: count },
      fingerprint: loaded.fingerprint,
      preprocessing,
      encode,
      [Symbol.asyncDispose]: () => loaded[Symbol.asyncDispose](),
    };
  } catch (error) {
    await loaded[Symbol.asyncDispose]();
    throw error;
  }
}

async function run(
  model: OnnxModel,
  image: Tensor4D,
  options: OnnxImageEncoderOptions,
): Promise<Features> {
  const pixels = transpose(image, [0, 3, 1, 2]);
  let outputs: Record<string, Tensor> = {};
  try {
    outputs = await model.run({ pixel_values: pixels });
    // A copy: `tidy` keeps what a plain object holds.
    return tidy(() => ({ ...featuresOf(outputs, options) }));
  } finally {
    dispose([pixels, ...Object.values(outputs)]);
  }
}

/** New tensors, whatever the model gave. */
function featuresOf(
  outputs: Readonly<Record<string, Tensor>>,
  options: OnnxImageEncoderOptions,
): Features {
  const { tokens: named = 'last_hidden_state', normalize: unit = false, pooling } = options;
  const summary =
    typeof pooling === 'object'
      ? onnxOutput<Tensor2D>(where, outputs, pooling.output, 2)
      : undefined;
  const grid = outputs[named]?.rank === 4;
  const tokens =
    summary !== undefined && outputs[named] === undefined && options.tokens === undefined
      ? expandDims<Tensor3D>(summary, 1)
      : grid
        ? tokensOfGrid(outputs[named] as Tensor4D)
        : onnxOutput<Tensor3D>(where, outputs, named, 3);
  const own = typeof pooling === 'string' ? pooling : grid ? 'mean' : 'cls';
  const pooled = summary ?? poolings[own](tokens);
  const [batch, count] = tokens.shape;
  return {
    tokens: clone(tokens),
    mask: ones<Rank.R2>([batch, count]),
    pooled: unit ? normalize(pooled) : clone(pooled),
  };
}

/** [B, D, h, w] → [B, h·w, D], row by row. */
function tokensOfGrid(grid: Tensor4D): Tensor3D {
  const [batch, dim, height, width] = grid.shape;
  return reshape<Rank.R3>(transpose(grid, [0, 2, 3, 1]), [batch, height * width, dim]);
}
