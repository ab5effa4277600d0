import type { Tensor2D } from '@tensorflow/tfjs-core';
import {
  DataError,
  NonFiniteError,
  ShapeError,
  checkShapes,
  type FittedTask,
} from '@crossweave/core';

/**
 * A task that compares outputs with its number of outputs K, and with the labels, before it reads them:
 * what is missing would count as 0, and what is too much would be broadcast or passed over.
 */
export function checkedTask(task: FittedTask): FittedTask {
  const { name, outputs: width, loss, lossOf, predict } = task;
  const checkOutputs = (outputs: Tensor2D): void => {
    checkShapes(`${name}.loss`, { outputs: [outputs, ['B', width]] });
  };
  return {
    ...task,
    loss(outputs, labels) {
      checkOutputs(outputs);
      if (labels.length !== outputs.shape[0]) {
        throw new DataError('outputs and labels differ in number', {
          where: `${name}.loss`,
          expected: `${outputs.shape[0]} labels, undefined for none`,
          got: labels.length,
        });
      }
      return loss(outputs, labels);
    },
    ...(lossOf && {
      lossOf: (outputs, labels) => {
        checkOutputs(outputs);
        return lossOf(outputs, labels);
      },
    }),
    predict(outputs) {
      if (outputs.length !== width) {
        throw new ShapeError('a row of outputs has another width', {
          where: `${name}.predict`,
          expected: width,
          got: outputs.length,
        });
      }
      const bad = Array.from(outputs).find((value) => !Number.isFinite(value));
      if (bad === undefined) return predict(outputs);
      throw new NonFiniteError('an output of the head is not finite', {
        where: `${name}.predict`,
        got: bad,
      });
    },
  };
}
