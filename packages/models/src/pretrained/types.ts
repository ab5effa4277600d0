import type { Encoder, FittedTask, Fusion, Params, TextInput } from '@crossweave/core';
import type { FindOptions } from '@crossweave/checkpoints/node';
import type { Preprocessing, Sampling, Tokenizer } from '@crossweave/data';
import type { Temperatures, Thresholds } from '@crossweave/lab';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** A part by its name in a registry, with its options: plain data, as configs hold it. */
export interface PartConfig {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface PretrainedOptions extends FindOptions {
  /**
   * Side of the pictures in pixels, where it is to be another than the checkpoint's: a transformer's
   * positions are then interpolated, and {@link Pretrained.notes} say so. Default the checkpoint's.
   */
  readonly imageSize?: number;
  /**
   * N, the longest text in tokens; at most what the checkpoint has positions for. Default where the original
   * cuts texts: at `max_seq_length` of sentence-transformers, `model_max_length` of the tokenizer, or the
   * positions, at most 512.
   */
  readonly maxTokens?: number;
  /** How pictures are prepared, for a checkpoint that does not say it. */
  readonly preprocessing?: Preprocessing;
  /** Folder of the tokenizer, for a checkpoint that lies apart from it. Default its own folder. */
  readonly tokenizer?: string;
}

/** An image tower with the pictures that it was trained with. */
export interface PretrainedImage {
  /** For `createImageEncoder`. */
  readonly part: PartConfig;
  readonly encoder: Encoder<Tensor4D>;
  /** For `loadPairs({ preprocessing })` and `preparePictures`. */
  readonly preprocessing: Preprocessing;
}

/** A text tower with the tokenizer that it was trained with. */
export interface PretrainedText {
  /** For `createTextEncoder`, which takes the tokenizer too: ids follow from it. */
  readonly part: PartConfig;
  readonly encoder: Encoder<TextInput>;
  readonly tokenizer: Tokenizer;
  /** Where its files lie. */
  readonly tokenizerFolder: string;
  /** N: texts are cut at it. Padding and end ids are the tokenizer's (`padId`, `endId`). */
  readonly maxTokens: number;
}

/** A dual encoder with the checkpoint's own projections, scale and bias. */
export interface PretrainedFusion {
  /** For `createFusion`. */
  readonly part: PartConfig;
  readonly fusion: Fusion;
}

/** What a model of ours was trained to tell of a pair. */
export interface PretrainedTask {
  readonly task: FittedTask;
  /** Of its head (paths without `head.`); freed with the model. */
  readonly head: Params;
  /** How classes were drawn in training. */
  readonly sampling: Sampling;
  /** As a validation split calibrated them; 1 each where none did. */
  readonly temperatures: Temperatures;
  /** As they were fitted on the same split. Absent: the task's own are used. */
  readonly thresholds?: Thresholds;
}

/** What a checkpoint brings. */
export interface Pretrained extends Disposable {
  /** The folder or the hub's id. */
  readonly name: string;
  /** `clip`, `siglip`, `open-clip`, `bert`, `resnet`, …; `crossweave` for a model of ours. */
  readonly family: string;
  /** Absent in a text tower. */
  readonly image?: PretrainedImage;
  /** Absent in an image tower. */
  readonly text?: PretrainedText;
  /** Absent where there is one tower alone. */
  readonly fusion?: PretrainedFusion;
  /** Of a model that was trained for a task. */
  readonly task?: PretrainedTask;
  /**
   * The weights, by paths of a joint model: under `image.`, `text.` and `fusion.`. Training takes
   * them as `initial`. Freed by disposing of this value.
   */
  readonly params: Params;
  /** What was done to make it fit, for people: positions that were resized. */
  readonly notes: readonly string[];
}
