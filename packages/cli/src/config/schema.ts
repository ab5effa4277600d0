import { datasetFormats, samplings } from '@crossweave/data';
import { z } from 'zod';
import { count, runTraining } from './training-schema';
import { modelSchema } from './model';
import { streamSchema } from './stream';

/** A strategy by name with its own options; the strategy's factory checks those. */
const part = z.strictObject({
  name: z.string(),
  options: z.record(z.string(), z.unknown()).default({}),
});

/** A checkpoint to begin with: a file, a folder or a hub id, or that and how to read it. */
const weights = z
  .union([
    z.string(),
    z.strictObject({
      from: z.string(),
      /** What the wanted entries' names start with: `bert.`. */
      prefix: z.string().optional(),
      /** The library whose names it has, see key-maps.ts. */
      keys: z.string().optional(),
      ignoreUnexpected: z.array(z.string()).optional(),
      ignoreMissing: z.array(z.string()).optional(),
      revision: z.string().optional(),
      /** Fetch a hub's model that is not on this machine. */
      download: z.boolean().optional(),
    }),
  ])
  .transform((given) => (typeof given === 'string' ? { from: given } : given));

const freezing = z.union([
  z.enum(['all', 'base']),
  z.strictObject({ upTo: z.string() }),
  z.strictObject({ layers: z.int().min(0) }),
  z.strictObject({ paths: z.array(z.string()).min(1) }),
]);

const lora = z.strictObject({
  rank: z.int().min(1),
  alpha: z.number().positive(),
  targets: z.array(z.string()).min(1).optional(),
  dropout: z.number().min(0).lt(1).optional(),
});

/** An encoder with its initial weights, its frozen layers, its adapters and its learning rates. */
const encoder = part.extend({
  weights: weights.optional(),
  freeze: freezing.optional(),
  lora: lora.optional(),
  layerDecay: z.number().positive().max(1).optional(),
  /** The step after which it is trained; before, all of it is frozen. */
  unfreezeAt: z.int().min(0).optional(),
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

const rate = z.number().min(0);
const share = z.number().min(0).max(1);

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
  /** Absent: the task's alone. */
  loss: part.optional(),
  learningRate,
  weightDecay: rate.default(0.01),
  /** Steps of linear warm-up before the cosine. */
  warmup: z.int().min(0).default(0),
  /** Largest global norm of the gradients. */
  clipNorm: z.number().positive().default(1),
  /** How often pairs of each class are drawn, for a task with classes. Default: as the data has them. */
  sampling: z.enum(samplings).optional(),
};

/** What the model says of a pair, learned from labels: in place of a loss, or beside one. */
const task = part.extend({
  /** Of its loss, beside another one. */
  weight: z.number().positive().default(1),
});
const bounds = z.tuple([z.number(), z.number()]);

/** Changes of training pairs, see `Augmentation` of @crossweave/data, which checks the values. */
const augment = z
  .strictObject({
    flip: z.number(),
    crop: z.strictObject({ area: bounds, ratio: bounds.optional() }),
    colour: z
      .strictObject({
        brightness: z.number(),
        contrast: z.number(),
        saturation: z.number(),
        hue: z.number(),
      })
      .partial(),
    grayscale: z.number(),
    blur: z.strictObject({ share: z.number(), sigma: bounds }),
    randAugment: z.strictObject({ operations: z.int(), magnitude: z.int().optional() }),
    synonyms: z.strictObject({ share: z.number(), words: z.array(z.array(z.string())) }),
    wordDrop: z.number(),
  })
  .partial();

export const dataSchema = z.strictObject({
  /** A captions file, shards, Parquet files, COCO captions or a folder, as `openDataset` reads. */
  captions: z.string(),
  /** Training pairs that are read while they are used; `captions` holds those that are measured. */
  stream: streamSchema.optional(),
  /** Folder to which the paths of images are relative. */
  images: z.string().optional(),
  /** Which columns or fields hold what; see `loadPairs` of @crossweave/data for these keys. */
  columns: z
    .strictObject({
      image: z.string(),
      caption: z.string(),
      id: z.string(),
      split: z.string(),
      label: z.string(),
      group: z.string(),
    })
    .partial()
    .optional(),
  /** Makes captions of several columns: `{title}. {description}`. */
  text: z.string().optional(),
  /** How labels are understood. */
  labels: z.enum(['class', 'classes', 'number']).optional(),
  format: z.enum(datasetFormats).optional(),
  delimiter: z.string().optional(),
  quote: z.union([z.string(), z.literal(false)]).optional(),
  escape: z.string().optional(),
  encoding: z.string().optional(),
  /** How damaged rows and pictures are treated. */
  policy: z.enum(['skip', 'fail', 'placeholder']).optional(),
  missing: z.enum(['fail', 'policy']).optional(),
  /** The largest share of the rows that may be damaged. */
  maxRejects: z.number().min(0).max(1).optional(),
  /** Shares of the training records that become other splits: `{"test": 0.1}`. */
  holdOut: z.record(z.string(), z.number()).optional(),
  sharedPictures: z.enum(['refuse', 'allow']).optional(),
  resize: z.enum(['squash', 'shortest-and-centre-crop']).optional(),
  /** What the sides become before the middle is cut out. */
  resizeTo: count.max(4096).optional(),
  middle: z.enum(['rounded', 'floored']).optional(),
  filter: z.enum(['bilinear', 'bicubic', 'lanczos']).optional(),
  /** The statistics of ImageNet, CLIP or SigLIP, or others, on the scale 0–1. */
  normalise: z
    .union([
      z.enum(['imagenet', 'clip', 'siglip']),
      z.strictObject({ mean: z.tuple([share, share, share]), std: z.tuple([share, share, share]) }),
    ])
    .optional(),
  /** A colour behind transparent pixels. */
  background: z.string().optional(),
  maxPixels: count.optional(),
  /** Whether SVG files are drawn: they are programs for a large library. */
  svg: z.boolean().optional(),
  /**
   * Of an ablation, the towers alone are trained on changed pairs: fusions are trained on features
   * that are encoded once.
   */
  augment: augment.optional(),
  /** Folder in which decoded pictures are kept between runs. */
  pictureStore: z.string().optional(),
  /**
   * Folder in which the features of encoders are kept between runs, by their weights. `ablate`, `eval` and
   * `predict` use it; `train` for the figures of the finished model alone, since the weights change until then.
   */
  featureStore: z.string().optional(),
  /** Threads that read and decode pictures; 0 for none. */
  workers: z.int().min(0).max(64).optional(),
  imageSize: count.max(4096).default(64),
  maxTokens: z.int().min(3).max(512).default(32),
  /** Folder of a tokenizer; without it a word-level one is made from the training captions. */
  tokenizer: z.string().optional(),
  train: z.string().default('train'),
  /** The split that is reported. */
  test: z.string().default('test'),
  /** The split by which probabilities are calibrated, where the data has it. */
  val: z.string().default('val'),
});

export const ablationSchema = z.strictObject({
  data: dataSchema,
  /** A checkpoint that brings what is not named here: both towers and `towers.fusion`, tokenizer, preprocessing. */
  model: modelSchema.optional(),
  task: task.optional(),
  image: encoder,
  text: encoder,
  /** Contrastive pre-training of both towers. With 0 steps they stay as the checkpoint has them. */
  towers: z.strictObject({
    ...training,
    steps: z
      .int()
      .min(0)
      .lt(2 ** 31),
    fusion: part,
    seed: z.int().min(0).default(0),
  }),
  /** The fusions to compare, by the names the results give them. */
  arms: z.record(z.string(), arm),
  /** Training of each fusion on the towers' cached tokens. */
  fusion: z.strictObject({
    ...training,
    /** K, or `{ upTo: K }`: none where not every pair of the data has false captions. */
    negatives: z.union([z.int().min(0), z.strictObject({ upTo: count })]).default(0),
    /**
     * Each fusion learns a correction of the towers' score, which is 0 at first. `auto`: where the
     * arms are trained without false captions, and no task is.
     */
    residual: z.union([z.boolean(), z.literal('auto')]).default(false),
  }),
  seeds: z.array(z.int().min(0)).min(1),
  /** Candidates a query that joint fusions re-rank. */
  top: count.default(16),
});

export const trainSchema = z.strictObject({
  data: dataSchema,
  /** A checkpoint that brings what is not named here: towers, fusion, tokenizer, preprocessing. */
  model: modelSchema.optional(),
  task: task.optional(),
  image: encoder,
  text: encoder,
  fusion: part.extend({ weights: weights.optional() }),
  training: z.strictObject({
    ...training,
    ...runTraining,
  }),
  seed: z.int().min(0).default(0),
});

export type PartConfig = z.output<typeof part>;
export type TaskConfig = z.output<typeof task>;
export type ArmConfig = z.output<typeof arm>;
export type DataConfig = z.output<typeof dataSchema>;
export type AblationConfig = z.output<typeof ablationSchema>;
export type TrainConfig = z.output<typeof trainSchema>;
/** An encoder. Initial weights, frozen layers, adapters and decay of rates are optional. */
export type EncoderConfig = PartConfig & Partial<TrainConfig['image']>;
export type PhaseConfig = Omit<AblationConfig['fusion'], 'residual'>;
