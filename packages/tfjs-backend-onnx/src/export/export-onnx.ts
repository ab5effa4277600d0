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
import { calibrate, type Write } from './calibrate';
import type { Weights } from './convert';
import type { ExternalData } from './encode';
import { encode } from './encode';
import { exportError } from './errors';
import { convolvedValues, quantise } from './quantise';
import type { Dynamic, GraphInput, InputsOf } from './inputs';
import { describeInputs, withInt64, withTensors } from './inputs';

export interface ExportOptions {
  /**
   * Which sizes of inputs that are given as tensors may vary. A name: the first size of every
   * input, which is the same size. Names by path and axis, if there are several sizes: `{ image: {
   * 0: 'images' } }`. Null: none. Default `batch`.
   */
  readonly dynamic?: Dynamic;
  /**
   * Tensors that the function closes over, by their names in the file; a flat parameter tree gives
   * its state-dict paths. Other captured tensors are named `captured.0`, `captured.1`, ….
   */
  readonly parameters?: Readonly<Record<string, Tensor>>;
  /**
   * Names of inputs and outputs that replace their paths, by path; needed if an input and an output
   * share a path.
   */
  readonly names?: {
    readonly inputs?: Readonly<Record<string, string>>;
    readonly outputs?: Readonly<Record<string, string>>;
  };
  /**
   * Inputs of int32, by path, that the file takes as int64, the type in which other libraries give
   * token ids. Default none.
   */
  readonly int64?: readonly string[];
  /** A description of the model for readers. Default: none. */
  readonly description?: string;
  /** Further entries for programs that read the file: classes, mean values, a tokenizer's name. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * Name of a separate file for the weights, beside the model. Default: the weights are in the
   * model, or in `weights.data` if they have 2 GB or more, the limit of a model file.
   */
  readonly externalData?: string;
  /**
   * Writes products and convolutions by weights in 8 bits: a quarter of the file, and other numbers.
   * Products take the range of their input in each run. Convolutions take it from `samples`, inputs
   * of the function (at least one); without samples they stay float32. On ONNX Runtime's CPU provider
   * products become faster where the processor has VNNI, and convolutions slower. Default: float32.
   * Compare both models on data of your own before you use the small one.
   */
  readonly int8?: { readonly samples?: readonly object[] };
}

export interface ExportedModel {
  /** The bytes of the `.onnx` file. */
  readonly model: Uint8Array;
  /** The bytes of the separate weights file, if there is one. */
  readonly externalData: ExternalData | null;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  /** The version of the standard operators. The model uses no other operators. */
  readonly opset: number;
  /** The sizes at which the function was traced, by the name of the dynamic size. */
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
  int8: fields({ samples: listOf(recordOf({ expected: 'a tensor', accepts: () => true })) }),
};

/** The limit of a protobuf message, minus room for everything except weights. */
const MAX_INLINE_BYTES = 2 ** 31 - 2 ** 26;

/**
 * Writes a function of tensors as an ONNX model for any ONNX runtime, also in browsers.
 *
 * The function is traced at several values of the dynamic sizes, without computing anything. Values
 * that depend on a dynamic size are written so that they are correct at every size. The function
 * must be pure, as for `jit`; tensors that it closes over become weights with their current values.
 * Branches and loops are those of the traced sizes (`tracedAt`), so check the model at the sizes
 * you need (`checkExport`).
 *
 * @param f takes one object of tensors, which may be nested. Its keys, joined by dots, are the
 *   names of the model's inputs. The keys of the returned object are the names of the outputs; a
 *   single tensor is named `output`. @param inputs for each input a tensor of its shape, or `{
 *   shape: ['batch', 224, 224, 3] }`. @throws OnnxBackendError `export` when the function reads
 *   values, has a different structure at different sizes or assigns variables, or when names clash;
 *   `unsupported-op` for an operation that no graph can express; `options` for an unknown or wrong
 *   option.
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
    const write: Write = ({ operators, initialisers, values }, results) => {
      const bytes = initialisers.reduce((sum, tensor) => sum + tensor.bytes.length, 0);
      const location = externalData ?? (bytes > MAX_INLINE_BYTES ? 'weights.data' : null);
      const body = { operators, initialisers, values };
      const files = encode(body, graphInputs, results, info, location);
      return { ...files, inputs: graphInputs, outputs: results, opset: OPSET, tracedAt };
    };
    if (options.int8 !== undefined) {
      const { samples = [] } = options.int8;
      const names = samples.length === 0 ? [] : convolvedValues(graph);
      const ranges = calibrate(graph, names, samples, write);
      quantise(
        graph,
        ranges,
        outputs.map(({ name }) => name),
      );
    }
    return write(graph, outputs);
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
