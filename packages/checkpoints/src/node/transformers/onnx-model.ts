import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { boolean, oneOf, requireValue, text, type Check } from '@crossweave/core/authoring';
import type { Checks } from '@crossweave/core/authoring';
import { isPlainName } from '../file-inside';
import { ConfigError, EngineError, showShape } from '@crossweave/core';
import { fingerprintFolder } from './fingerprint';
import { fromFolder } from './folder';
import {
  importTransformers,
  transformersLibraries,
  type TransformersImports,
  type TransformersLibraryName,
  type TransformersTensor,
} from './library';

/** Which model of a folder to load, and with which library. */
export interface OnnxModelOptions {
  /** The library that runs the model. Default: the first one that is installed. */
  readonly library?: TransformersLibraryName;
  /**
   * The library's class: `CLIPTextModelWithProjection` for the text tower of a CLIP folder.
   * Default `AutoModel`.
   */
  readonly modelClass?: string;
  /** Name of the file in `onnx/`, without `.onnx`: `text_model`… Default `model`. */
  readonly file?: string;
  /** Whether to load the 8-bit weights (`onnx/<file>_quantized.onnx`). Default false. */
  readonly quantized?: boolean;
}

const fileName: Check = {
  expected: 'the name of a file, without its folder and without .onnx',
  accepts: (value) => typeof value === 'string' && isPlainName(value),
};

const optionChecks: Checks<OnnxModelOptions> = {
  library: oneOf(...transformersLibraries),
  modelClass: text(),
  file: fileName,
  quantized: boolean(),
};

/** An ONNX model of a Hugging Face folder, run by a transformers library. */
export interface OnnxModel extends AsyncDisposable {
  readonly library: TransformersLibraryName;
  /** See {@link fingerprintFolder}. */
  readonly fingerprint: string;
  /**
   * Runs the model on tensors by input name (int32 is converted to int64). Gives its float32
   * outputs as new tensors by name.
   *
   * @throws EngineError when the model fails on these inputs.
   */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
}

interface LoadedModel {
  (inputs: Record<string, TransformersTensor>): Promise<Record<string, unknown>>;
  dispose(): Promise<unknown>;
}

interface ModelClass {
  from_pretrained(name: string, options: object): Promise<LoadedModel>;
}

/**
 * Loads an ONNX model from a folder in Hugging Face's layout: `config.json` and `onnx/model.onnx`.
 * Nothing is downloaded.
 *
 * @param settings further settings on which the features depend; they become part of the
 *   fingerprint. @throws ConfigError when no library is installed or it lacks `modelClass`,
 *   DataError when files are missing, EngineError when the model cannot be loaded.
 */
export async function loadOnnxModel(
  where: string,
  folder: string,
  imports: TransformersImports,
  options: OnnxModelOptions = {},
  settings: Readonly<Record<string, unknown>> = {},
): Promise<OnnxModel> {
  // Checks values, not keys: an encoder passes its whole options, which have further keys.
  for (const [name, check] of Object.entries(optionChecks)) {
    const value = options[name as keyof OnnxModelOptions];
    if (value !== undefined) requireValue(where, name, value, check);
  }
  const { modelClass = 'AutoModel', file = 'model', quantized = false } = options;
  const library = await importTransformers(where, imports, options.library);
  const found = (library.module as unknown as Record<string, ModelClass | undefined>)[modelClass];
  if (typeof found?.from_pretrained !== 'function') {
    throw new ConfigError(`there is no model class "${modelClass}" in ${library.name}`, { where });
  }

  const fingerprint = await fingerprintFolder(folder, onnxFile(options), {
    ...settings,
    modelClass,
  });
  const model = await fromFolder(library, folder, (name) =>
    // `@xenova/transformers` reads `quantized`, `@huggingface/transformers` reads `dtype`.
    found.from_pretrained(name, {
      ...{ quantized, dtype: quantized ? 'q8' : 'fp32', model_file_name: file },
      local_files_only: true,
    }),
  ).catch((cause: unknown) => {
    throw failure(where, `the model in ${folder} cannot be loaded`, cause);
  });
  return {
    library: library.name,
    fingerprint,
    async run(inputs) {
      const feeds: Record<string, TransformersTensor> = {};
      for (const [name, value] of Object.entries(inputs)) {
        const data = await value.data();
        feeds[name] =
          value.dtype === 'int32'
            ? new library.module.Tensor('int64', BigInt64Array.from(data, BigInt), value.shape)
            : new library.module.Tensor('float32', Float32Array.from(data), value.shape);
      }
      const outputs = await model(feeds).catch((cause: unknown) => {
        throw failure(where, 'the model did not run', cause);
      });
      return Object.fromEntries(
        Object.entries(outputs)
          .filter((entry): entry is [string, TransformersTensor] => isFloat32(entry[1]))
          .map(([name, { data, dims }]) => [
            name,
            tensor(Float32Array.from(data as ArrayLike<number>), [...dims], 'float32'),
          ]),
      );
    },
    async [Symbol.asyncDispose]() {
      await model.dispose();
    },
  };
}

/** The name of the weights in `onnx/`, without `.onnx`. */
export function onnxFile({ file = 'model', quantized = false }: OnnxModelOptions): string {
  return quantized ? `${file}_quantized` : file;
}

function isFloat32(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'float32';
}

function failure(where: string, what: string, cause: unknown): EngineError {
  const got = cause instanceof Error ? cause.message : String(cause);
  return new EngineError(what, { where, got, cause });
}

/**
 * Takes an output of a model by name.
 *
 * @throws EngineError when the model has no such output, or the output has a different rank.
 */
export function onnxOutput<T extends Tensor>(
  where: string,
  outputs: Readonly<Record<string, Tensor>>,
  name: string,
  rank: number,
): T {
  const found = outputs[name];
  if (found?.rank === rank) return found as T;
  const given = Object.entries(outputs).map(([key, { shape }]) => `${key} ${showShape(shape)}`);
  throw new EngineError(`the model has no output "${name}" of ${rank} dimensions`, {
    where,
    expected: `one of ${given.join(', ')}`,
    advice: 'Name the outputs to use in the options.',
  });
}
