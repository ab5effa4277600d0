import '@crossweave/tfjs-backend-onnx/register';
import { jit } from '@crossweave/tfjs-backend-onnx';
import { Node, leaf, makePlan } from '@crossweave/tfjs-backend-onnx/graph';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutBf16 } from '../../test/library';
import '../register';
import { keepNormsFloat32 } from './float-norms';

const reason = withoutBf16();
const [ROWS, WIDTH] = [32, 64];

const node = (op: string, inputs: Node[], shape = [ROWS, WIDTH]): Node =>
  new Node(op, inputs, shape, 'float32', op === 'ReduceMean' ? { keepdims: 1 } : null);

/** (x − mean) / root · weight + bias, as the rules leave it. */
function norm(x: Node, nodes: Node[]): Node {
  const reduced = [ROWS, 1];
  const add = (made: Node): Node => {
    nodes.push(made);
    return made;
  };
  const centred = add(node('Sub', [x, add(node('ReduceMean', [x], reduced))]));
  const square = add(node('Mul', [centred, centred]));
  const variance = add(node('ReduceMean', [square], reduced));
  const root = add(
    node('Sqrt', [add(node('Add', [variance, leaf([], 'float32')], reduced))], reduced),
  );
  const scaled = add(node('Mul', [centred, add(node('Reciprocal', [root], reduced))]));
  const weighted = add(node('Mul', [scaled, leaf([WIDTH], 'float32')]));
  return add(node('Add', [weighted, leaf([WIDTH], 'float32')]));
}

describe('keepNormsFloat32', () => {
  it('adds one element of a norm in front of a product, behind its weight and bias', () => {
    const nodes: Node[] = [];
    const last = norm(leaf([ROWS, WIDTH], 'float32'), nodes);
    const product = node('MatMul', [last, leaf([WIDTH, WIDTH], 'float32')]);
    const plan = makePlan([...nodes, product], [product]);
    const kept = keepNormsFloat32(plan);
    expect(kept.outputs.map(({ shape }) => shape)).toEqual([[ROWS, WIDTH], [1]]);
    const [element] = kept.outputs[1]!.inputs;
    expect(element!.inputs[0]!.op).toBe('Slice');
    expect(element!.inputs[0]!.inputs[0]).toBe(last);
    expect([...kept.places.values()].sort((a, b) => a - b)).toEqual(
      Array.from({ length: kept.places.size }, (_, i) => i - kept.leaves.length),
    );
  });

  it('leaves a plan as it is whose norms lead to an output, and optimizers', () => {
    const nodes: Node[] = [];
    const last = norm(leaf([ROWS, WIDTH], 'float32'), nodes);
    const after = makePlan(nodes, [last]);
    expect(keepNormsFloat32(after)).toBe(after);
    const [moment, gradient] = [leaf([4], 'float32'), leaf([4], 'float32')];
    const root = new Node('Sqrt', [moment], [4], 'float32');
    const step = new Node('Div', [gradient, root], [4], 'float32');
    const product = new Node('MatMul', [step, step], [1], 'float32');
    const update = makePlan([root, step, product], [product]);
    expect(keepNormsFloat32(update)).toBe(update);
  });
});

describe.skipIf(reason !== null)(named('norms under bf16', reason), () => {
  /**
   * norm(a·b + x)·w for an x whose mean is 500 times its spread: bf16 has no digits left for what
   * tells its elements apart.
   */
  it('read the sum in front of them in float32', async () => {
    const numbers = (count: number, phase: number): Float32Array =>
      Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + phase));
    const run = async (backend: string): Promise<Float32Array> => {
      await tf.setBackend(backend);
      const inputs = [
        tf.tensor2d(numbers(ROWS * WIDTH, 0), [ROWS, WIDTH]),
        tf.tensor2d(numbers(WIDTH * WIDTH, 1), [WIDTH, WIDTH]),
        tf.tensor2d(
          numbers(ROWS * WIDTH, 2).map((value) => value + 500),
          [ROWS, WIDTH],
        ),
        tf.tensor2d(
          numbers(WIDTH * WIDTH, 3).map((value) => value / 8),
          [WIDTH, WIDTH],
        ),
      ];
      const step = jit(([a, b, x, w]: tf.Tensor2D[]) => {
        const sum = tf.add(tf.mul(tf.matMul(a!, b!), 0.01), x!);
        const { mean, variance } = tf.moments(sum, 1, true);
        const normed = tf.mul(tf.sub(sum, mean), tf.rsqrt(tf.add(variance, 1e-6)));
        return tf.matMul(normed, w!);
      });
      const result = step(inputs);
      const values = await result.data<'float32'>();
      tf.dispose([result, ...inputs]);
      step.dispose();
      return values;
    };
    const want = await run('onnx:openvino');
    const got = await run('onnx:openvino-bf16');
    const largest = Math.max(...got.map((value, i) => Math.abs(value - want[i]!)));
    const scale = Math.max(...want.map(Math.abs));
    expect(largest).toBeGreaterThan(0);
    // Products of operands with 8 bits.
    expect(largest / scale).toBeLessThan(0.02);
  });
});
