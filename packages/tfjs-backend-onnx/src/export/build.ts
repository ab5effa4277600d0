import type { Tensor } from '@tensorflow/tfjs-core';
import { Tensor as TensorClass } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import { OnnxBackendError } from '../errors';
import type { Node } from '../graph/node';
import type { Value } from '../graph/value';
import type { Trace } from '../jit/trace';
import { trace } from '../jit/trace';
import { align, shapeOf } from './align';
import type { Weights } from './convert';
import { Converter } from './convert';
import { SIZES, Samples } from './dimension';
import { exportError } from './errors';
import type { GraphInput } from './inputs';
import { dynamicNames, shapesIn } from './inputs';
import { namedLeaves } from './named-leaves';
import type { OnnxGraph, ValueInfo } from './onnx-graph';

/** An output of the exported graph. */
export interface GraphOutput extends ValueInfo {
  /** Path of the output in the returned value of the function. */
  readonly path: string;
}

export interface Built {
  readonly graph: OnnxGraph;
  readonly outputs: readonly GraphOutput[];
  /** The traced sizes, by the name of the dynamic size. */
  readonly tracedAt: Readonly<Record<string, readonly number[]>>;
}

export interface Task {
  readonly backend: OnnxBackend;
  /** The function, with its inputs in order. */
  readonly call: (tensors: readonly Tensor[]) => unknown;
  readonly inputs: readonly GraphInput[];
  /** Names of outputs by path. */
  readonly outputNames: Readonly<Record<string, string>>;
  readonly weights: Weights;
}

/**
 * Traces the function at several sizes and calls `use` with the graph that is correct at every
 * size. The graph's arrays are valid until `use` returns.
 */
export function build<T>(task: Task, use: (built: Built) => T): T {
  const names = dynamicNames(task.inputs);
  const [sizes, others] = SIZES as readonly [number[], number[]];
  try {
    return buildAt(task, new Samples(names, sizes), use);
  } catch (error) {
    if (names.length === 0 || !OnnxBackendError.is(error) || error.code !== 'export') throw error;
    try {
      return buildAt(task, new Samples(names, others), use);
    } catch {
      throw error;
    }
  }
}

function buildAt<T>(task: Task, samples: Samples, use: (built: Built) => T): T {
  const { backend, inputs, weights } = task;
  const { values } = backend.graph;
  const held: Value[] = [];
  try {
    const traces: Trace[] = [];
    for (let at = 0; at < samples.count; at++) {
      const traced = traceAt(task, samples, at);
      // Nothing holds the arrays that the function made; without a holder they would be reused.
      for (const owner of traced.owners.values()) {
        values.hold(owner);
        held.push(owner);
      }
      traces.push(traced);
      // Compared after each trace, since a function whose structure depends on the size may grow
      // with it.
      align([traces[0] as Trace, traced]);
    }
    const outputs = describeOutputs(task, samples, traces);
    const converter = new Converter(traces, samples, inputs, weights);
    const tracedAt = Object.fromEntries(
      samples.names.map((name, i) => [name, samples.sizes.map((sizes) => sizes[i] as number)]),
    );
    return use({ graph: converter.convert(outputs.map(({ name }) => name)), outputs, tracedAt });
  } finally {
    for (const owner of held) values.release(owner);
  }
}

function traceAt({ backend, call, inputs }: Task, samples: Samples, at: number): Trace {
  let traced: Trace;
  try {
    traced = trace(backend, shapesIn(inputs, samples, at), call);
  } catch (cause) {
    if (OnnxBackendError.is(cause) && cause.code !== 'jit') throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    const op = OnnxBackendError.is(cause) ? cause.op : undefined;
    const advice =
      OnnxBackendError.is(cause) || samples.names.length === 0
        ? ''
        : ' If the function accepts only certain sizes, give these sizes as numbers: see the option dynamic.';
    const where = sizesAt(samples, at);
    throw exportError(`the function cannot be traced${where}: ${message}${advice}`, op, cause);
  }
  if (traced.assigned.length === 0) return traced;
  throw exportError(
    'the function creates or assigns tf.Variables, which an ONNX model cannot do; return the new values.',
  );
}

function sizesAt({ names, sizes }: Samples, at: number): string {
  if (names.length === 0) return '';
  return ` where ${names.map((name, i) => `${name} is ${sizes[at]?.[i] as number}`).join(', ')}`;
}

const isTensor = (value: unknown): value is Tensor => value instanceof TensorClass;

function describeOutputs(
  { inputs, outputNames }: Task,
  samples: Samples,
  traces: readonly Trace[],
): GraphOutput[] {
  const trees = traces.map(({ template }) => namedLeaves(template, isTensor, 'the results'));
  const structures = traces.map(({ results }, at) =>
    JSON.stringify([trees[at]?.map(({ path }) => path), results]),
  );
  if (structures.some((structure) => structure !== structures[0])) {
    throw exportError('the function does not return the same tensors at every size.');
  }
  const leaves = trees[0] ?? [];
  if (leaves.length === 0) throw exportError('the function returns no tensors.');
  for (const path of Object.keys(outputNames)) {
    if (leaves.some((leaf) => leaf.path === path)) continue;
    const known = leaves.map((leaf) => `'${leaf.path}'`).join(', ');
    throw exportError(`names.outputs names '${path}'; there are ${known}.`);
  }
  return leaves.map(({ path }, i) => {
    const name = outputNames[path] ?? (path === '' ? 'output' : path);
    const result = traces[0]?.results[i] as Trace['results'][number];
    if ('argument' in result) return { ...(inputs[result.argument] as GraphInput), path, name };
    if ('empty' in result) {
      const empty = `of shape [${result.empty.shape.join()}] has no elements`;
      throw exportError(
        `the result '${name}' ${empty}; return only tensors that the model computes.`,
      );
    }
    const nodes = traces.map(({ plan }) => plan.outputs[result.output] as Node);
    const shape = shapeOf(nodes).map((dimension) => samples.describe(dimension));
    return { path, name, dtype: (nodes[0] as Node).dtype, shape };
  });
}
