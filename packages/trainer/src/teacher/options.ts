import type { EmbeddingQueue, Features, Model, Params, PooledFeatures } from '@crossweave/core';

/** A twin of the model that follows it slowly: the average of its parameters over past steps. */
export interface MomentumTeacher {
  /**
   * m in twin ← m·twin + (1 − m)·model after each step, in [0, 1). ALBEF and BLIP take 0.995; in a
   * short run the twin then hardly moves: 1 / (1 − m) steps is how far it looks back.
   */
  readonly momentum: number;
  /**
   * Q: how many of the twin's latest embeddings stay as further candidates, first in, first out;
   * the batch need not divide it. It needs a fusion with embeddings. Default: none.
   */
  readonly queue?: number;
}

/** A trained model, which stays as it is. Its embeddings may have another width. */
export interface TrainedTeacher<Image, Text, F extends PooledFeatures = Features> {
  readonly model: Model<Image, Text, F>;
  /** Stay the caller's, and must live as long as the training. */
  readonly params: Params;
}

export type TeacherOptions<Image, Text, F extends PooledFeatures = Features> =
  MomentumTeacher | TrainedTeacher<Image, Text, F>;

/** What a momentum twin carries from step to step. */
export interface TeacherState {
  /** The averages, by path of what is trained of the model. All else the twin shares with it. */
  readonly params: Params;
  readonly queue?: EmbeddingQueue;
}
