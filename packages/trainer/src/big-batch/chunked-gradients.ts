import { dispose, slice, tidy, type Rank, type Tensor2D } from '@tensorflow/tfjs-core';
import { disposeBatch, foldIn, partition, type PooledFeatures } from '@crossweave/core';
import type { StepMoment } from '../compile/stand-ins';
import type { StepCompiler } from '../compile/step-compiler';
import type { StepOptions } from '../options';
import { partitionTrainable } from '../partition';
import { chunkParts, isOfLoss, type Embedded } from './chunk-parts';
import { computed, disposeGathered, startingSums, withBatch, type Gathered } from './gathered';
import type { BatchGradients } from './gathered-step';
import { ownSlice } from './slice-batch';

/**
 * The gradients of a batch with the activations of one chunk alive at a time (GradCache, Gao et al.
 * 2021): embeddings of all chunks without a tape, the loss's gradients by the embeddings, then each
 * chunk once more with those gradients carried on. Each chunk is a graph of its own, and is computed
 * before the next one begins.
 *
 * @param chunk pairs in a chunk; the last may be smaller.
 * @throws ConfigError for a fusion without embeddings, or a loss that reads more than them.
 */
export function chunkedGradients<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F>,
  chunk: number,
  compiler: StepCompiler<Image, Text>,
): BatchGradients<Image, Text> {
  const { embed, contrast, carry } = chunkParts(options, compiler);
  return async (state, batch, key, before) => {
    const moments = function* (): Generator<StepMoment<Image, Text>> {
      for (let from = 0; from < batch.size; from += chunk) {
        const part = ownSlice(batch, from, Math.min(chunk, batch.size - from));
        try {
          yield { state, batch: part, key: foldIn(key, from) };
        } finally {
          disposeBatch(part);
        }
      }
    };
    const [trainable] = partitionTrainable(options, state.params, state.step);
    const [ofLoss, ofModel] = partition(trainable, isOfLoss);
    const [lossSums, modelSums] = partition(before.gradients, isOfLoss);
    const params = { ...state.params, ...before.recorded };
    const all: Embedded[] = [];
    let slopes: Embedded = {};
    let gathered: Gathered = { ...before, gradients: modelSums };
    try {
      for (const moment of moments()) {
        const rows = await embed.later({ params }, moment, {});
        all.push(rows);
        await computed(Object.values(rows));
      }
      const sums = startingSums(lossSums, ofLoss);
      const loss = await contrast.later({ params, all }, { state, batch, key }, { sums });
      ({ slopes } = loss);
      const { total, terms } = loss;
      gathered = withBatch(gathered, {
        gradients: { ...modelSums, ...loss.gradients },
        ...{ recorded: {}, losses: [{ total, terms }] },
      });
      await computed([total]);

      let index = 0;
      for (const moment of moments()) {
        const own = tidy(() => rowsOf(slopes, all, index++));
        const [lossGradients, modelGradients] = partition(gathered.gradients, isOfLoss);
        const sums = startingSums(modelGradients, ofModel);
        const made = await carry
          .later({ params, slopes: own }, moment, { sums })
          .finally(() => dispose(Object.values(own)));
        gathered = withBatch(gathered, {
          gradients: { ...lossGradients, ...made.gradients },
          ...{ recorded: made.recorded, losses: [] },
        });
        await computed(Object.values(made.gradients));
      }
      return gathered;
    } catch (error) {
      disposeGathered(gathered);
      throw error;
    } finally {
      dispose([...all, slopes].flatMap((side) => Object.values(side)));
    }
  };
}

/** The rows of chunk `at` of what stands for all rows, by side. */
function rowsOf(slopes: Embedded, all: readonly Embedded[], at: number): Embedded {
  const rows = (side: string, part: Embedded): number => part[side]!.shape[0];
  return Object.fromEntries(
    Object.entries(slopes).map(([side, x]): [string, Tensor2D] => {
      const from = all.slice(0, at).reduce((sum, part) => sum + rows(side, part), 0);
      return [side, slice<Rank.R2, Tensor2D>(x, [from, 0], [rows(side, all[at]!), x.shape[1]])];
    }),
  );
}
