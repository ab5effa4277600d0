import {
  customGrad,
  engine,
  equal,
  reshape,
  slice,
  tidy,
  where,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { withoutRecord, type Context } from '../contracts/context';
import { partition, type Params } from '../params';
import { treeGradients } from '../tree-gradients';

/** A part of a forward pass: a pure function of its parameters, inputs and context. */
export type Block<X extends readonly Tensor[], Y extends Tensor> = (
  params: Params,
  inputs: X,
  ctx: Context,
) => Y;

/**
 * `block(params, inputs, ctx)` with gradient checkpointing (Chen et al. 2016): the block's
 * intermediate values are not kept; the backward pass computes the block again. Values and
 * gradients are the same to the last bit, on XLA within rounding. Dropout masks repeat, since they
 * depend on keys, and running statistics are recorded once.
 *
 * Gradients flow to `params` and `inputs` only. A tensor that the block captures must live until
 * the backward pass, so pass masks as inputs. First derivatives only.
 */
export function checkpoint<X extends readonly Tensor[], Y extends Tensor>(
  block: Block<X, Y>,
  params: Params,
  inputs: X,
  ctx: Context,
): Y {
  const paths = Object.keys(params);
  const silent = withoutRecord(ctx);
  const run = (tensors: readonly Tensor[], context: Context): Y => {
    const tree = Object.fromEntries(paths.map((path, i) => [path, tensors[i]!]));
    // The slice has the number and the types of the inputs.
    return block(tree, tensors.slice(paths.length) as readonly Tensor[] as X, context);
  };
  const op = customGrad<Y>((...received) => {
    // tfjs types the save function as a further input.
    const save = received.pop() as unknown as (tensors: Tensor[]) => void;
    const tensors = received as Tensor[];
    const value = run(tensors, ctx);
    save(tensors);
    return {
      value,
      gradFunc: (gradient: Y, saved: Tensor[]) =>
        pullBack((again) => run(again, silent), saved, paths.length, gradient),
    };
  });
  return op(...paths.map((path) => params[path]!), ...inputs);
}

/**
 * The layer at `path` of an encoder: {@link checkpoint} with the parameters below the path (or the
 * paths) if `ctx.recompute` is set, else the block itself.
 */
export function runLayer<X extends readonly Tensor[], Y extends Tensor>(
  block: Block<X, Y>,
  params: Params,
  path: string | readonly string[],
  inputs: X,
  ctx: Context,
): Y {
  if (ctx.recompute !== true) return block(params, inputs, ctx);
  const paths = typeof path === 'string' ? [path] : path;
  const [own] = partition(params, (name) => paths.some((each) => name.startsWith(`${each}.`)));
  return checkpoint(block, own, inputs, ctx);
}

/**
 * The gradients of all `tensors`. The inputs, of which there is at least one, start at index
 * `first`.
 */
function pullBack(
  run: (tensors: readonly Tensor[]) => Tensor,
  tensors: readonly Tensor[],
  first: number,
  gradient: Tensor,
): Tensor[] {
  return tidy(() => {
    const late = tensors.map((tensor, i) => (i < first ? tensor : after(tensor, gradient)));
    const { state } = engine();
    // tfjs has one active tape, and the outer backward pass still needs its tape.
    const outer = state.activeTape;
    try {
      const byPlace = Object.fromEntries(late.map((tensor, i) => [i, tensor]));
      const { gradients } = treeGradients(() => run(late), byPlace, gradient);
      return late.map((tensor, i) => gradients[i] ?? zerosLike(tensor));
    } finally {
      state.activeTape = outer;
    }
  });
}

/**
 * The values of `x`, with a data dependence on `cause`. Without it an engine that compiles the
 * forward and the backward pass together would find the same block twice and keep the first result.
 */
function after(x: Tensor, cause: Tensor): Tensor {
  if (x.dtype !== 'float32') return x;
  return tidy(() => {
    const probe = reshape(
      slice(
        cause,
        cause.shape.map(() => 0),
        cause.shape.map(() => 1),
      ),
      [],
    );
    return where(equal(probe, probe), x, x);
  });
}
