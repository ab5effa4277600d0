import { dispose, tidy } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D, TensorContainer } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  inference,
  subtree,
  type Features,
  type FittedTask,
  type PairSplit,
  type Params,
  type TextInput,
} from '@crossweave/core';
import { checkOptions, requireText } from '@crossweave/core/authoring';
import { normalize } from '@crossweave/core/nn';
import { encodeTexts, type Preprocessing, type Tokenizer } from '@crossweave/data';
import type { PairPrediction } from '@crossweave/lab';
import { checksumOf } from '@crossweave/trainer/node';
import { preparePictures, type PictureFile } from '../pictures/prepare-pictures';
import { requireNormalised } from '../pictures/require-normalised';
import { pretrained, pretrainedChecks } from '../pretrained/pretrained';
import type { Pretrained, PretrainedOptions } from '../pretrained/types';
import { readExport } from '../exported/export-files';
import { openExport, type FrozenTowers } from '../exported/open-export';
import { modelIdentity, type ModelIdentity } from './identity';
import { inBatches } from './in-batches';
import { requireTexts } from './require-texts';
import { predictPairs, type AskedPair, type PredictOptions } from './predict';
import { joinEmbeddings, requireFinite, type Embeddings } from '../vectors/embeddings';

/** A model in use. */
export interface OpenModel extends AsyncDisposable {
  /** The folder or the hub's id. */
  readonly name: string;
  /** See {@link Pretrained.family}. */
  readonly family: string;
  /** E, the width of embeddings. */
  readonly dim: number;
  /** How it prepares pictures; undefined for a text tower alone. */
  readonly preprocessing: Preprocessing | undefined;
  /** What it reads texts with; undefined for an image tower alone. */
  readonly tokenizer: Tokenizer | undefined;
  /** Where the tokenizer's files lie; undefined for an image tower alone. */
  readonly tokenizerFolder: string | undefined;
  /** N, at which texts are cut; undefined for an image tower alone. */
  readonly maxTokens: number | undefined;
  /**
   * What makes logits of cosines: scale·cosine + bias. undefined where a fusion has no such numbers,
   * or there is one tower alone.
   */
  readonly logits: { readonly scale: number; readonly bias: number } | undefined;
  /** What was done to make it fit, for people. */
  readonly notes: readonly string[];
  /** Image files as [B, size, size, 3], the caller's to dispose. @throws DataError for a damaged file. */
  preprocess(files: readonly PictureFile[]): Promise<Tensor4D>;
  /**
   * Embeddings of pictures, of unit length: files, or what {@link preprocess} gave. Of an image tower
   * alone: its summary, of unit length.
   *
   * @throws ConfigError where the model has no embeddings of pictures; NonFiniteError for one of NaN.
   */
  encodeImage(pictures: readonly PictureFile[] | Tensor4D): Promise<Embeddings>;
  /** Embeddings of texts, of unit length. @throws ConfigError where the model has none; NonFiniteError. */
  encodeText(texts: readonly string[]): Promise<Embeddings>;
  /**
   * Logits of every picture against every text, [pictures][texts]: larger is a better match. Any
   * fusion has them, also one without embeddings.
   *
   * @throws ConfigError for one tower alone; NonFiniteError for scores that are not finite.
   */
  score(pictures: readonly PictureFile[], texts: readonly string[]): Promise<number[][]>;
  /** What the model was trained to tell of a pair; undefined where it was trained for no task. */
  readonly task: FittedTask | undefined;
  /**
   * What the model says of each pair, in their order: a class, several, a number or an answer, with
   * probabilities as its validation split calibrated them. Of a `PairSplit`, of every caption.
   *
   * ```ts
   * const [said] = await model.predict([{ image: { name: 'a.jpg', bytes }, text: 'is it red?' }]);
   * console.log(said!.label, said!.probability);
   * ```
   *
   * @throws ConfigError for a model without a task, an option out of range, `abstain` where the task has
   *   no probabilities, and a pair that lacks a side which the model needs; DataError for a damaged
   *   picture; the signal's reason when aborted.
   */
  predict(
    pairs: readonly AskedPair[] | PairSplit,
    options?: PredictOptions,
  ): Promise<PairPrediction[]>;
  /** What its vectors depend on: weights, towers, preprocessing, tokenizer. */
  identity(): Promise<ModelIdentity>;
  /** SHA-256 of {@link identity}, as `sha256:…`. Vectors of models with different ones do not compare. */
  fingerprint(): Promise<string>;
  /** For programs that want the parts: exports, further training. undefined for an export. */
  readonly parts: Pretrained | undefined;
  /** The towers of an export; else undefined. */
  readonly frozen: FrozenTowers | undefined;
}

/**
 * Opens a model for use: the folder of a run of crossweave, the id or folder of a checkpoint, as
 * {@link pretrained} takes it, or what `crossweave export` wrote, whose files a transformers library runs.
 *
 * ```ts
 * await using model = await openModel('runs/shoes');
 * const pictures = await model.encodeImage([{ name: 'a.jpg', bytes: await readFile('a.jpg') }]);
 * const texts = await model.encodeText(['a red shoe']);
 * ```
 *
 * @throws as {@link pretrained}; for an export also ConfigError when no transformers library is installed
 *   and EngineError when it cannot run the files.
 */
export async function openModel(from: string, options: PretrainedOptions = {}): Promise<OpenModel> {
  requireText('openModel', 'from', from);
  const exported = await readExport(from);
  if (exported !== undefined) {
    checkOptions('openModel', options, pretrainedChecks);
    return openExport(from, exported, options);
  }
  const parts = await pretrained(from, options);
  const params = {
    image: subtree(parts.params, 'image.'),
    text: subtree(parts.params, 'text.'),
    fusion: subtree(parts.params, 'fusion.'),
  };
  const { image, text } = parts;
  const fusion = parts.fusion?.fusion;

  const embed = (side: 'image' | 'text', features: Features): Tensor2D => {
    if (fusion === undefined) return normalize(features.pooled);
    if (fusion.embed !== undefined) return fusion.embed(params.fusion, side, features, inference);
    throw new ConfigError('the model has no embeddings: its fusion reads both sides together', {
      where: from,
      expected: 'a fusion such as dual-encoder',
      got: fusion.name,
      advice: 'Use score, which compares pictures with texts one by one.',
    });
  };
  let isReleased = false;
  const requireOpen = (): void => {
    if (isReleased) throw released(from);
  };
  const ofPictures = (pictures: Tensor4D): Features => {
    requireOpen();
    return requireTower(from, 'image', image).encoder.apply(params.image, pictures, inference);
  };
  const ofTexts = (texts: TextInput): Features => {
    requireOpen();
    return requireTower(from, 'text', text).encoder.apply(params.text, texts, inference);
  };
  const preprocess = async (files: readonly PictureFile[]): Promise<Tensor4D> =>
    preparePictures(files, requireTower(from, 'image', image).preprocessing);
  const tokenise = (texts: readonly string[]): TextInput => {
    const { tokenizer, maxTokens } = requireTower(from, 'text', text);
    return encodeTexts(texts, tokenizer, maxTokens);
  };
  const dim = widthOf(parts, params.fusion);

  return {
    ...{ name: parts.name, family: parts.family, notes: parts.notes, parts, dim },
    preprocessing: image?.preprocessing,
    frozen: undefined,
    task: parts.task?.task,
    predict: async (pairs, asked) => {
      requireOpen();
      return predictPairs(parts, pairs, asked);
    },
    tokenizer: text?.tokenizer,
    tokenizerFolder: text?.tokenizerFolder,
    maxTokens: text?.maxTokens,
    logits: logitsOf(parts, params.fusion),
    preprocess,
    identity: () => modelIdentity(parts),
    fingerprint: async () => checksumOf(await modelIdentity(parts)),
    encodeImage: async (pictures) => {
      if (!isList(pictures)) {
        await requireNormalised(from, pictures, requireTower(from, 'image', image).preprocessing);
        return rowsOf(from, () => embed('image', ofPictures(pictures)));
      }
      const all = await inBatches(pictures, async (files) => {
        const batch = await preprocess(files);
        return rowsOf(from, () => embed('image', ofPictures(batch))).finally(() => {
          batch.dispose();
        });
      });
      return joinEmbeddings(all, dim);
    },
    encodeText: async (texts) => {
      requireTexts('encodeText', texts);
      const all = await inBatches(texts, (some) =>
        rowsOf(from, () => embed('text', ofTexts(tokenise(some)))),
      );
      return joinEmbeddings(all, dim);
    },
    score: async (pictures, texts) => {
      if (fusion === undefined) {
        throw new ConfigError('one tower alone has no scores', {
          where: from,
          expected: 'a model of an image tower, a text tower and a fusion',
          got: parts.family,
        });
      }
      requireTexts('score', texts);
      if (texts.length === 0) return pictures.map(() => []);
      const columns = kept(() => ofTexts(tokenise(texts)));
      const all = await inBatches(pictures, async (files) => {
        const batch = await preprocess(files);
        return rowsOf(from, () =>
          fusion.score(params.fusion, ofPictures(batch), columns, inference),
        ).finally(() => {
          batch.dispose();
        });
      }).finally(() => {
        dispose(Object.values(columns));
      });
      const { values } = joinEmbeddings(all, texts.length);
      return pictures.map((_, row) => [
        ...values.subarray(row * texts.length, (row + 1) * texts.length),
      ]);
    },
    [Symbol.asyncDispose]: () => {
      isReleased = true;
      parts[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

function released(where: string): ConfigError {
  return new ConfigError('the model was released', {
    where,
    advice: 'Use it within the block of "await using", or open it again.',
  });
}

function isList(given: readonly PictureFile[] | Tensor4D): given is readonly PictureFile[] {
  return Array.isArray(given);
}

/** Features are trees of tensors, which `tidy` returns; their type cannot tell it so. */
function kept(compute: () => Features): Features {
  return tidy(() => compute() as unknown as TensorContainer) as unknown as Features;
}

/** What `compute` gives, read. @throws NonFiniteError */
async function rowsOf(from: string, compute: () => Tensor2D): Promise<Embeddings> {
  const tensor = tidy(compute);
  try {
    const [rows, dim] = tensor.shape;
    return requireFinite(from, { rows, dim, values: (await tensor.data()) as Float32Array });
  } finally {
    tensor.dispose();
  }
}

function requireTower<T>(where: string, side: 'image' | 'text', tower: T | undefined): T {
  if (tower !== undefined) return tower;
  throw new ConfigError(`the model has no ${side} tower`, { where });
}

/** E: of the embeddings where there are some, else of a tower's summary. */
function widthOf({ image, text, fusion }: Pretrained, params: Params): number {
  const own = (image ?? text)!.encoder.features.dim;
  if (fusion === undefined) return own;
  const { dim } = fusion.part.options;
  const projected = params['visual_projection.weight'];
  return projected?.shape[0] ?? (typeof dim === 'number' ? dim : own);
}

function logitsOf({ fusion }: Pretrained, params: Params): OpenModel['logits'] {
  const [scale, bias] = [params['logit_scale'], params['logit_bias']];
  if (fusion?.fusion.embed === undefined || scale === undefined) return undefined;
  const [free = 0] = scale.dataSync();
  const isFree = fusion.part.options['clampScale'] === false;
  const logScale = isFree ? free : Math.min(Math.max(free, 0), Math.log(100));
  return { scale: Math.exp(logScale), bias: bias?.dataSync()[0] ?? 0 };
}
