import { dispose, keep, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import {
  scoped,
  withPrefix,
  foldIn,
  mergeParams,
  subtree,
  treeGradients,
  withFields,
  type Batch,
  type Context,
  type Features,
  type Key,
  type Loss,
  type LossResult,
  type Model,
  type ModelOutputs,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';

/** What is trained: a model (paths `image.`, `text.`, `fusion.`) under a loss (paths `loss.`). */
export interface Objective<Image, Text, F extends PooledFeatures = Features> {
  readonly model: Model<Image, Text, F>;
  /** Reads no more of the features than the model has. */
  readonly loss: Loss<F>;
}

/** Fresh parameters of a model and of its loss, the loss's under `loss.`. */
export function initialParams<Image, Text, F extends PooledFeatures>(
  { model, loss }: Objective<Image, Text, F>,
  key: Key,
): Params {
  return mergeParams(
    model.init(foldIn(key, 'model')),
    withPrefix('loss.', loss.init?.(foldIn(key, 'loss')) ?? {}),
  );
}

/** Model and loss over one batch. */
export function evaluateObjective<Image, Text, F extends PooledFeatures>(
  { model, loss }: Objective<Image, Text, F>,
  params: Params,
  batch: Batch<Image, Text>,
  ctx: Context,
): LossResult & { outputs: ModelOutputs<F> } {
  const outputs = model.forward(params, batch, ctx);
  const lossParams = subtree(params, 'loss.');
  return { ...loss.compute(lossParams, outputs, batch, scoped(ctx, 'loss.')), outputs };
}

export interface Gradients {
  readonly total: Scalar;
  readonly terms: Readonly<Record<string, Scalar>>;
  /** By path; parameters the loss does not depend on are absent. */
  readonly gradients: Params;
  /** New values of buffers, by path. */
  readonly recorded: Params;
}

/**
 * The loss of one batch and its gradients with respect to `trainable`; `fixed` holds the
 * model's other parameters. The caller disposes every tensor of the result (`terms`
 * and `recorded` outlive an enclosing `tidy`).
 */
export function lossAndGradients<Image, Text, F extends PooledFeatures>(
  objective: Objective<Image, Text, F>,
  trainable: Params,
  fixed: Params,
  batch: Batch<Image, Text>,
  ctx: Context,
): Gradients {
  const terms: Record<string, Scalar> = {};
  try {
    return recording((record) => {
      const forward = (): Scalar => {
        const params = { ...fixed, ...trainable };
        const result = evaluateObjective(objective, params, batch, withFields(ctx, { record }));
        for (const [name, term] of Object.entries(result.terms)) terms[name] = keep(term.clone());
        return result.total;
      };
      const { value, gradients } = treeGradients(forward, trainable);
      return { total: value, terms, gradients };
    });
  } catch (error) {
    dispose(terms);
    throw error;
  }
}

/** What `make` gives, and the new values of buffers that it recorded, by path; they outlive a `tidy`. */
export function recording<Made extends object>(
  make: (record: NonNullable<Context['record']>) => Made,
): Made & { readonly recorded: Params } {
  const recorded: Record<string, Tensor> = {};
  try {
    const made = make((path, value) => {
      recorded[path]?.dispose();
      recorded[path] = keep(value);
    });
    return { ...made, recorded };
  } catch (error) {
    dispose(recorded);
    throw error;
  }
}
