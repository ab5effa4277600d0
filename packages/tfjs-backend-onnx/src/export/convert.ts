import type { Variable } from '@tensorflow/tfjs-core';
import type { Node } from '../graph/node';
import { structuralNumber } from '../graph/node';
import type { Values } from '../graph/types';
import { sameShape } from '../graph/types';
import type { Value } from '../graph/value';
import type { Source, Trace } from '../jit/trace';
import { CONTRIB_OPS, bytesOf, scalarBytes } from '../onnx/write';
import { countOutputs } from '../ort/model';
import type { Aligned, Arrays } from './align';
import { align, arraysOf, shapeOf } from './align';
import { writeConstant } from './constants';
import type { Dimension, Samples } from './dimension';
import { isFixed, sameDimension } from './dimension';
import { exportError } from './errors';
import type { GraphInput } from './inputs';
import { LOWERINGS } from './lower';
import { OnnxGraph } from './onnx-graph';
import { SizeArithmetic } from './size-arithmetic';

/** Tensors that the function closes over, with their names in the file. */
export interface Weights {
  /** The name and shape of the parameter of a value, if it is a parameter. */
  parameter(owner: Value): { readonly name: string; readonly shape: readonly number[] } | null;
  variable(variable: Variable): Value;
  /** The current numbers. */
  values(owner: Value): Values;
}

/** Converts traces at several sizes into one graph that is correct at every size. */
export class Converter {
  private readonly graph = new OnnxGraph();
  private readonly aligned: ReadonlyMap<Node, Aligned>;
  private readonly sources: ReadonlyMap<Node, Source>;
  private readonly arrays: Arrays;
  /** The number of used outputs of each operator of the first trace with several outputs. */
  private readonly parts: ReadonlyMap<Node, number>;
  private readonly sizes: SizeArithmetic;
  /** The names of the values that are already written, by node of the first trace. */
  private readonly names = new Map<Node, string>();
  private readonly weightNames = new Map<Value, string>();
  /** The names of outputs, by the operator that computes them. */
  private readonly outputs = new Map<Node, string>();

  constructor(
    private readonly traces: readonly Trace[],
    private readonly samples: Samples,
    private readonly inputs: readonly GraphInput[],
    private readonly weights: Weights,
  ) {
    const { plan, sources } = this.first;
    this.aligned = align(traces);
    this.arrays = arraysOf(traces);
    this.parts = countOutputs(plan);
    this.sources = new Map(plan.leaves.map((leaf, i) => [leaf, sources[i] as Source]));
    this.sizes = new SizeArithmetic(this.graph, samples, inputs);
  }

  /** @param outputNames the name of each result of the function. */
  convert(outputNames: readonly string[]): OnnxGraph {
    const { graph, first } = this;
    for (const { name, path } of this.inputs) graph.claim(name, `input '${path}'`);
    const results = outputNames.map((name, i) => ({
      name: graph.claim(name, 'an output'),
      node: this.resultNode(i),
    }));
    for (const { name, node } of results) {
      const computed = node !== null && !node.isLeaf && node.op !== '@out';
      if (computed && !this.outputs.has(node)) this.outputs.set(node, name);
    }
    for (const node of first.plan.nodes) this.writeNode(node);
    results.forEach(({ name, node }, i) => {
      const source = node === null ? this.passedInput(i) : this.valueOf(node, 'Identity');
      if (source !== name) graph.add('Identity', [source], null, [name]);
    });
    return graph;
  }

  private get first(): Trace {
    return this.traces[0] as Trace;
  }

  /** The node of a result; null if the result is an input. */
  private resultNode(i: number): Node | null {
    const result = this.first.results[i] as Trace['results'][number];
    return 'output' in result ? (this.first.plan.outputs[result.output] as Node) : null;
  }

  private passedInput(i: number): string {
    const { argument } = this.first.results[i] as { argument: number };
    return (this.inputs[argument] as GraphInput).name;
  }

  /** @param op the operator that takes the value, for errors. */
  private valueOf(node: Node, op: string): string {
    let name = this.names.get(node);
    if (name === undefined) {
      name = this.writeLeaf(node, op);
      this.names.set(node, name);
    }
    return name;
  }

  private writeLeaf(leaf: Node, op: string): string {
    const source = this.sources.get(leaf) as Source;
    if (source.kind === 'argument') return (this.inputs[source.place] as GraphInput).name;
    if (source.kind === 'variable') {
      const { variable } = source;
      const name = /^\d+$/.test(variable.name) ? `variable.${variable.name}` : variable.name;
      return this.writeWeight(this.weights.variable(variable), leaf.shape, name);
    }
    const owner = this.first.owners.get(leaf) as Value;
    if (source.kind === 'captured' || this.weights.parameter(owner) !== null) {
      return this.writeWeight(owner, leaf.shape, null);
    }
    const nodes = this.aligned.get(leaf) as Aligned;
    return writeConstant(this.graph, this.sizes, nodes, this.arrays, op);
  }

  /**
   * An initialiser in the shape of its parameter, and a Reshape if it is used in a different shape.
   */
  private writeWeight(owner: Value, shape: readonly number[], known: string | null): string {
    const { graph } = this;
    const parameter = this.weights.parameter(owner);
    const own = parameter?.shape ?? owner.node.shape;
    let name = this.weightNames.get(owner);
    if (name === undefined) {
      const chosen = parameter?.name ?? known;
      name = chosen === null ? graph.fresh('captured') : graph.claim(chosen, 'a parameter');
      this.weightNames.set(owner, name);
      graph.initialiser(name, owner.node.dtype, own, bytesOf(this.weights.values(owner)));
    }
    return sameShape(own, shape) ? name : graph.add('Reshape', [name, graph.integers(shape)]);
  }

  private writeNode(node: Node): void {
    const nodes = this.aligned.get(node) as Aligned;
    if (node.op === '@const') {
      this.names.set(node, this.writeNumbers(nodes));
      return;
    }
    const operands = node.inputs.map((input) => this.valueOf(input, node.op));
    if (node.op === '@out') {
      const place = node.attributes?.['index'] as number;
      this.names.set(node, `${operands[0] as string}.${place}`);
      return;
    }
    const output = this.outputs.get(node) ?? this.graph.fresh(node.op);
    this.names.set(node, output);
    const shape = shapeOf(nodes).map((dimension) => this.samples.describe(dimension));
    this.graph.values.push({ name: output, dtype: node.dtype, shape });
    const lowering = LOWERINGS[node.op];
    if (lowering !== undefined) {
      lowering(this.graph, node, operands, output);
      return;
    }
    if (CONTRIB_OPS.has(node.op)) throw notStandard(node.op);
    const parts = this.parts.get(node) ?? 1;
    const further = Array.from({ length: parts - 1 }, (_, i) => `${output}.${i + 1}`);
    const integers = (node.integers ?? []).map((_, place) => this.writeIntegers(nodes, place));
    this.graph.add(node.op, [...operands, ...integers], node.attributes, [output, ...further]);
  }

  /** A number or list that is part of the graph's structure. */
  private writeNumbers(nodes: Aligned): string {
    const [{ op, dtype }] = nodes as readonly [Node];
    const numbers = nodes.map(structuralNumber);
    const [number] = numbers;
    if (number === null || number === undefined) {
      const lists = nodes.map((node) => node.attributes?.['value'] as readonly number[]);
      return this.sizes.list(columnsOf(lists), op);
    }
    if (numbers.some((other) => !Object.is(other, number))) {
      return this.sizes.scalar(numbers as Dimension, dtype, op);
    }
    const bytes = scalarBytes(number, dtype);
    return this.graph.initialiser(this.graph.fresh('number'), dtype, [], bytes);
  }

  /** One of the lists of integers that follow the inputs of an operator. */
  private writeIntegers(nodes: Aligned, place: number): string {
    const [{ op }] = nodes as readonly [Node];
    const lists = nodes.map((node) => node.integers?.[place] as readonly number[]);
    const columns = columnsOf(lists);
    const source = (): Dimension[] => shapeOf(nodes.map((node) => node.inputs[0] as Node));
    switch (op) {
      case 'Reshape':
        return this.sizes.reshapeTo(source(), columns);
      case 'Expand':
        return this.sizes.list(expandTo(source(), columns), op);
      case 'CumSum':
        // Unlike other operators, this one takes its axis as a scalar.
        return this.graph.integers(lists[0] as readonly number[], true);
      default:
        return this.sizes.list(columns, op);
    }
  }
}

/** For each index of the list, its values in the traces. */
const columnsOf = (lists: readonly (readonly number[])[]): Dimension[] =>
  (lists[0] as readonly number[]).map((_, i) => lists.map((list) => list[i] as number));

/** The target of Expand, with 1 (which keeps the size) where the input already has the size. */
function expandTo(source: readonly Dimension[], target: readonly Dimension[]): Dimension[] {
  return target.map((dimension, axis) => {
    const own = source[axis - (target.length - source.length)];
    const keeps = own !== undefined && !isFixed(dimension) && sameDimension(own, dimension);
    return keeps ? dimension.map(() => 1) : dimension;
  });
}

function notStandard(op: string): Error {
  return exportError(
    `${op} is an operator of ONNX Runtime's own domain and cannot be written with standard operators; other ` +
      'runtimes could not run the file.',
    op,
  );
}
