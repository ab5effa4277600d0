import { Tensor, backend as currentBackend } from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import { OnnxBackend } from '../backend';
import type { Check, Checks } from '../checks';
import { anyOf, checkOptions, fields, listOf, nothing, recordOf, text } from '../checks';
import type { Value } from '../graph/value';
import { valueOf } from '../jit/trace';
import { OPSET } from '../onnx/write';
import type { GraphOutput } from './build';
import { build } from './build';
import type { Weights } from './convert';
import type { ExternalData } from './encode';
import { encode } from './encode';
import { exportError } from './errors';
import type { Dynamic, GraphInput, InputsOf } from './inputs';
import { describeInputs, withInt64, withTensors } from './inputs';

export interface ExportOptions {
  /**
   * Which sizes of inputs given as tensors may vary. A name: the first size of each, which is the
   * same one. By path and axis where there are several: `{ image: { 0: 'images' } }`. Null: none.
   * Default `batch`.
   */
  readonly dynamic?: Dynamic;
  /**
   * Tensors the function closes over, by the names they get in the file: a flat tree of
   * parameters gives the paths of its state dict. Others are `captured.0`, `captured.1`, ….
   */
  readonly parameters?: Readonly<Record<string, Tensor>>;
  /** Names other than the paths, by path: where an input and an output would share one, say. */
  readonly names?: {
    readonly inputs?: Readonly<Record<string, string>>;
    readonly outputs?: Readonly<Record<string, string>>;
  };
  /**
   * Inputs of int32, by path, that the file takes as int64, the type in which other libraries give
   * token ids. Default none.
   */
  readonly int64?: readonly string[];
  /** What the model is, for people. Default: nothing. */
  readonly description?: string;
  /** Further entries for programs that read the file: classes, means, a tokenizer's name. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * The name of the file beside the model that the weights go to. Default: they are in the model
   * itself, and in `weights.data` where they are 2 GB or more, which no model can hold.
   */
  readonly externalData?: string;
}

export interface ExportedModel {
  /** The bytes of the `.onnx` file. */
  readonly model: Uint8Array;
  /** The bytes of the file beside it, if there is one. */
  readonly externalData: ExternalData | null;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  /** The version of the standard operators, the only ones it uses. */
  readonly opset: number;
  /** The sizes the function was traced at, by the name of the dynamic size. */
  readonly tracedAt: Readonly<Record<string, readonly number[]>>;
}

const NAMES = recordOf(text('', (name) => name !== ''));
const AXES: Check = {
  expected: 'an object that names axes: { 0: "images" }',
  accepts: (value) =>
    NAMES.accepts(value) && Object.keys(value as object).every((axis) => /^\d+$/.test(axis)),
};

const CHECKS: Checks<ExportOptions> = {
  dynamic: anyOf(
    text('that is not empty', (name) => name !== ''),
    recordOf(AXES),
    nothing,
  ),
  parameters: recordOf({ expected: 'a tensor', accepts: (value) => value instanceof Tensor }),
  names: fields({ inputs: NAMES, outputs: NAMES }),
  int64: listOf(text('', (name) => name !== '')),
  description: text(),
  metadata: recordOf(text()),
  externalData: text('that names a file, without its folder: it lies beside the model', (name) =>
    /^[^/\\]+$/.test(name),
  ),
};

/** What a protobuf message can hold, less room for all that is not weights. */
const MAX_INLINE_BYTES = 2 ** 31 - 2 ** 26;

/**
 * Writes a function of tensors as an ONNX model that any ONNX runtime runs, browsers included.
 *
 * The function is traced at several sizes of the dynamic dimensions, without computing anything;
 * what depends on them is written so that it holds at every size. It must be pure, as for `jit`:
 * tensors it closes over become the model's weights, as they are now. Control flow is that of
 * the sizes it was traced at (`tracedAt`): check the model at the sizes you need (`checkExport`).
 *
 * @param f takes one object of tensors, nested as you like; its keys, joined by dots, name the
 * model's inputs. The keys of what it returns name the outputs; a single tensor is `output`.
 * @param inputs for each tensor one of its shape, or `{ shape: ['batch', 224, 224, 3] }`.
 * @throws OnnxBackendError `export` when the function reads values, is not the same at every
 * size, assigns variables, or names clash; `unsupported-op` for what no graph can hold; `options`
 * for an option that is not there or of no use.
 */
export function exportOnnx<Inputs extends object>(
  f: (inputs: Inputs) => object,
  inputs: InputsOf<Inputs>,
  options: ExportOptions = {},
): ExportedModel {
  checkOptions('exportOnnx', options, CHECKS);
  const { dynamic = 'batch', parameters = {}, names = {}, int64 = [], externalData } = options;
  const backend: object = currentBackend();
  if (!(backend instanceof OnnxBackend)) {
    throw exportError("the backend must be this package's: await tf.setBackend('onnx') first.");
  }
  const graphInputs = withInt64(describeInputs(inputs, dynamic, names.inputs ?? {}), int64);
  const info = {
    producer: { name: '@crossweave/tfjs-backend-onnx', version },
    description: options.description ?? '',
    metadata: options.metadata ?? {},
  };
  const task = {
    backend,
    call: (tensors: readonly Tensor[]) => f(withTensors(inputs, tensors) as Inputs),
    inputs: graphInputs,
    outputNames: names.outputs ?? {},
    weights: weightsOf(backend, parameters),
  };
  return build(task, ({ graph, outputs, tracedAt }) => {
    const bytes = graph.initialisers.reduce((sum, tensor) => sum + tensor.bytes.length, 0);
    const location = externalData ?? (bytes > MAX_INLINE_BYTES ? 'weights.data' : null);
    const files = encode(graph, graphInputs, outputs, info, location);
    return { ...files, inputs: graphInputs, outputs, opset: OPSET, tracedAt };
  });
}

function weightsOf(backend: OnnxBackend, parameters: Readonly<Record<string, Tensor>>): Weights {
  const known = new Map<Value, { name: string; shape: readonly number[] }>();
  for (const [name, tensor] of Object.entries(parameters)) {
    const value = valueOf(backend, tensor);
    if (!known.has(value)) known.set(value, { name, shape: tensor.shape });
  }
  return {
    parameter: (owner) => known.get(owner) ?? null,
    variable: (variable) => valueOf(backend, variable),
    values: (owner) => backend.graph.read(owner),
  };
}
