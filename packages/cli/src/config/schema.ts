import { z } from 'zod';

/** A strategy by name with its own options; the strategy's factory checks those. */
const part = z.strictObject({
  name: z.string(),
  options: z.record(z.string(), z.unknown()).default({}),
});

/** The size of a fusion is chosen so that it costs as much as another arm, or a number. */
const match = z.strictObject({
  /** Another arm by name, or the number itself. */
  to: z.union([z.string(), z.number().positive()]),
  /** `flops`: operations of fusing one pair. */
  by: z.enum(['parameters', 'flops']).default('parameters'),
  /** The option that is the width. */
  width: z.string().default('dim'),
  /** Widths are multiples of it. Default: the arm's `heads`, or 4. */
  step: z.int().min(1).optional(),
  /** Depths (option `layers`) to choose from; default: the arm's own. */
  depths: z.array(z.int().min(1)).min(1).optional(),
});

const arm = part.extend({ match: match.optional() });

const count = z.int().min(1);
const rate = z.number().min(0);

/** Rates by parameter path prefix; the defaults train towers and fusion from scratch. */
const learningRate = z
  .strictObject({ image: rate, text: rate, fusion: rate, loss: rate })
  .partial()
  .default({});

/** What every stretch of training needs. */
const training = {
  steps: count,
  batchSize: count,
  /** K, hard negatives a pair. */
  negatives: z.int().min(0).default(0),
  loss: part,
  learningRate,
  weightDecay: rate.default(0.01),
  /** Steps of linear warm-up before the cosine. */
  warmup: z.int().min(0).default(0),
  /** Largest global norm of the gradients. */
  clipNorm: z.number().positive().default(1),
};

const data = z.strictObject({
  /** JSONL, CSV or TSV; image paths are relative to its folder. */
  captions: z.string(),
  imageSize: count.default(64),
  maxTokens: z.int().min(3).max(512).default(32),
  /** Folder of a tokenizer; without it a word-level one is made from the training captions. */
  tokenizer: z.string().optional(),
  train: z.string().default('train'),
  /** The split that is reported. */
  test: z.string().default('test'),
});

export const ablationSchema = z.strictObject({
  data,
  image: part,
  text: part,
  /** Contrastive pre-training of both towers. */
  towers: z.strictObject({ ...training, fusion: part, seed: z.int().min(0).default(0) }),
  /** The fusions to compare, by the names the results give them. */
  arms: z.record(z.string(), arm),
  /** Training of each fusion on the towers' cached tokens. */
  fusion: z.strictObject(training),
  seeds: z.array(z.int().min(0)).min(1),
  /** Candidates a query that joint fusions re-rank. */
  top: count.default(16),
});

export const trainSchema = z.strictObject({
  data,
  image: part,
  text: part,
  fusion: part,
  training: z.strictObject(training),
  seed: z.int().min(0).default(0),
});

export type PartConfig = z.output<typeof part>;
export type ArmConfig = z.output<typeof arm>;
export type DataConfig = z.output<typeof data>;
export type AblationConfig = z.output<typeof ablationSchema>;
export type TrainConfig = z.output<typeof trainSchema>;
export type PhaseConfig = TrainConfig['training'];
