import {
  cast,
  clone,
  dispose,
  expandDims,
  fill,
  ones,
  tidy,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  checkShapes,
  type Features,
  type FrozenEncoder,
  type TextInput,
  type TokenizerFacts,
} from '@crossweave/core';
import {
  anyOf,
  boolean,
  checkOptions,
  count,
  fields,
  oneOf,
  text,
  type Checks,
} from '@crossweave/core/authoring';
import { normalize } from '@crossweave/core/nn';
import {
  findOnnxFolder,
  loadOnnxModel,
  onnxFile,
  onnxOutput,
  type OnnxModel,
  type OnnxModelOptions,
  type TransformersImports,
} from '@crossweave/checkpoints/node';
import { poolings } from '../transformer/pooling';
import { idFor, requireSaid, tokenizerFacts } from '../transformer/tokenizer';
import { readFolderTokens, requireFolderTokenizer } from './folder-tokens';

export interface OnnxTextEncoderOptions extends OnnxModelOptions {
  /**
   * Name of the output with the tokens [B, N, D]. Default: `last_hidden_state`, else
   * `token_embeddings`; if the model lacks both, `pooled` becomes the only token.
   */
  readonly tokens?: string;
  /**
   * How `pooled` is computed: a pooling of the tokens, or an output [B, D] of the model. Default
   * `mean`.
   */
  readonly pooling?: TokenPooling | { readonly output: string };
  /** Whether `pooled` is scaled to length 1. Default false. */
  readonly normalize?: boolean;
  /**
   * Id of the token that the pooling `eot` reads, or `'largest'` for the largest id of each text.
   * Default: `eos_token_id` of the folder's `config.json`, else the tokenizer's `endId`.
   */
  readonly endOfText?: number | 'largest';
  /**
   * N, where the model takes texts of exactly N tokens, as an export of crossweave does: others are
   * refused. Default: it takes any.
   */
  readonly length?: number;
  /** The tokenizer of the texts. It is checked against the folder's `config.json`. */
  readonly tokenizer?: TokenizerFacts;
}

type TokenPooling = 'cls' | 'mean' | 'max' | 'eot';

const { cls, mean, max, eot } = poolings;
const ofTokens = { cls, mean, max, eot };
const tokenOutputs = ['last_hidden_state', 'token_embeddings'];
const where = 'onnxTextEncoder';

const checks: Checks<OnnxTextEncoderOptions> = {
  library: oneOf('@xenova/transformers', '@huggingface/transformers'),
  modelClass: text(),
  file: text(),
  quantized: boolean(),
  tokens: text(),
  pooling: anyOf(oneOf(...Object.keys(ofTokens)), fields({ output: text() }, ['output'])),
  normalize: boolean(),
  endOfText: anyOf(count(0), oneOf('largest')),
  length: count(),
  tokenizer: tokenizerFacts,
};

const imports: TransformersImports = {
  '@xenova/transformers': () => import('@xenova/transformers'),
  '@huggingface/transformers': () => import('@huggingface/transformers'),
};

/**
 * Loads a feature extraction model as a frozen encoder of texts from a folder in Hugging Face's
 * layout (`config.json` and `onnx/model.onnx`). `@xenova/transformers` or
 * `@huggingface/transformers` runs it. Nothing is downloaded. Its input is token ids of the
 * folder's tokenizer (`loadTokenizer` of `@crossweave/data`), whose files are part of the
 * fingerprint. If you pass `tokenizer`, a tokenizer that cannot be that of the model is refused.
 *
 * @param model the folder, or the id of a model of the hub that is in a cache of the libraries.
 * @throws ConfigError for a wrong option, a tokenizer that cannot be that of the model, or when no
 *   library is installed, DataError when files are missing, EngineError when the model cannot be
 *   loaded or lacks an output.
 */
export async function onnxTextEncoder(
  model: string,
  options: OnnxTextEncoderOptions = {},
): Promise<FrozenEncoder<TextInput>> {
  checkOptions(where, options, checks);
  const { pooling = 'mean', normalize: unit = false, tokens = null, tokenizer } = options;
  const { folder, name } = await findOnnxFolder(where, model, onnxFile(options));
  const trained = await readFolderTokens(folder);
  if (tokenizer !== undefined) requireFolderTokenizer(where, tokenizer, trained);
  const endOfText =
    pooling === 'eot'
      ? requireSaid(where, 'endOfText', options.endOfText ?? trained.endOfText ?? tokenizer?.endId)
      : undefined;
  if (typeof endOfText === 'number' && tokenizer?.endId !== undefined) {
    idFor(where, tokenizer, 'endOfText', tokenizer.endId, endOfText);
  }
  const settings = {
    pooling,
    normalize: unit,
    tokens,
    ...(endOfText !== undefined && { endOfText }),
  };
  const loaded = await loadOnnxModel(where, folder, imports, options, settings);
  const encode = (input: TextInput): Promise<Features> =>
    run(loaded, input, { ...options, ...(endOfText !== undefined && { endOfText }) });
  try {
    return {
      name: `onnx(${name})`,
      features: { dim: await probe(encode, options.length ?? 1), tokens: 'varies' },
      fingerprint: loaded.fingerprint,
      encode,
      [Symbol.asyncDispose]: () => loaded[Symbol.asyncDispose](),
    };
  } catch (error) {
    await loaded[Symbol.asyncDispose]();
    throw error;
  }
}

/** Encodes one text to find D. */
async function probe(
  encode: (input: TextInput) => Promise<Features>,
  length: number,
): Promise<number> {
  const all = (id: number): Tensor2D => fill<Rank.R2>([1, length], id, 'int32');
  const input = { input_ids: all(0), attention_mask: all(1) };
  try {
    const features = await encode(input);
    dispose({ ...features });
    return features.pooled.shape[1];
  } finally {
    dispose(input);
  }
}

async function run(
  model: OnnxModel,
  input: TextInput,
  options: OnnxTextEncoderOptions,
): Promise<Features> {
  const { input_ids, attention_mask, token_type_ids } = input;
  checkShapes(`${where}.encode`, {
    input_ids: [input_ids, ['B', options.length ?? 'N']],
    attention_mask: [attention_mask, ['B', options.length ?? 'N']],
    ...(token_type_ids && { token_type_ids: [token_type_ids, ['B', 'N']] as const }),
  });
  const types = token_type_ids === undefined ? zerosLike(input_ids) : clone(token_type_ids);
  let outputs: Record<string, Tensor> = {};
  try {
    outputs = await model.run({ input_ids, attention_mask, token_type_ids: types });
    // Copied to a plain object, because `tidy` only keeps the tensors of plain objects.
    return tidy(() => ({ ...featuresOf(outputs, input, options) }));
  } finally {
    dispose([types, ...Object.values(outputs)]);
  }
}

/** The features of a model's outputs, as new tensors. */
function featuresOf(
  outputs: Readonly<Record<string, Tensor>>,
  { input_ids, attention_mask }: TextInput,
  options: OnnxTextEncoderOptions,
): Features {
  const { pooling = 'mean', normalize: unit = false, endOfText } = options;
  const named = options.tokens ?? tokenOutputs.find((name) => name in outputs);
  const finish = (value: Tensor2D): Tensor2D => (unit ? normalize(value) : clone(value));
  if (named === undefined && typeof pooling === 'object') {
    const pooled = finish(onnxOutput<Tensor2D>(where, outputs, pooling.output, 2));
    return {
      tokens: expandDims<Tensor3D>(pooled, 1),
      mask: ones<Rank.R2>([pooled.shape[0], 1]),
      pooled,
    };
  }
  const tokens = onnxOutput<Tensor3D>(where, outputs, named ?? tokenOutputs[0]!, 3);
  const mask = cast<Tensor2D>(attention_mask, 'float32');
  const pooled =
    typeof pooling === 'object'
      ? onnxOutput<Tensor2D>(where, outputs, pooling.output, 2)
      : ofTokens[pooling]({ tokens, mask, ids: input_ids, params: {}, endOfText });
  return { tokens: clone(tokens), mask: clone(mask), pooled: finish(pooled) };
}
