import { concat, mul, ones, reshape, slice, Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  ShapeError,
  checkShapes,
  requireComplete,
  showShape,
  type Features,
  type PooledFeatures,
} from '@crossweave/core';
import { requireNumber } from '@crossweave/core/authoring';
import { repeatRows } from '@crossweave/core/nn';

export type Side = 'image' | 'text';

/** The tokens and mask of B rows, without the summary. */
export interface Tokens {
  /** [B, N, D] */
  readonly tokens: Tensor3D;
  /** [B, N] 1 = real. */
  readonly mask: Tensor2D;
}

/**
 * Checks that both sides have tokens and the same number of rows.
 *
 * @throws ShapeError if not; ConfigError for features with missing rows, which only
 *   `withMissingModality` takes.
 */
export function checkAligned(where: string, image: Features, text: Features): void {
  requireComplete({ name: where }, image, text);
  requireTokensOf(where, 'image', image);
  requireTokensOf(where, 'text', text);
  checkShapes(where, {
    'image.tokens': [image.tokens, ['B', 'Ni', 'Di']],
    'image.mask': [image.mask, ['B', 'Ni']],
    'image.pooled': [image.pooled, ['B', 'Di']],
    'text.tokens': [text.tokens, ['B', 'Nt', 'Dt']],
    'text.mask': [text.mask, ['B', 'Nt']],
    'text.pooled': [text.pooled, ['B', 'Dt']],
  });
}

/**
 * As {@link checkAligned}, for m images with m·n texts (`Fusion.sharesImages`).
 *
 * @returns n.
 * @throws ShapeError or ConfigError as {@link checkAligned}.
 */
export function checkTextsPerImage(where: string, image: Features, text: Features): number {
  requireTokensOf(where, 'image', image);
  requireTokensOf(where, 'text', text);
  const count = text.tokens.shape[0] / image.tokens.shape[0];
  if (!Number.isInteger(count) || count < 2) {
    checkAligned(where, image, text);
    return 1;
  }
  checkAligned(where, image, image);
  checkAligned(where, text, text);
  return count;
}

/** Values of B rows: a tensor [B, …] or a record of such tensors. */
export type Rows<T> = Tensor | { readonly [Name in keyof T]: Tensor };

/**
 * As {@link checkAligned}, for summaries without tokens.
 *
 * @throws ShapeError or ConfigError.
 */
export function checkAlignedSummaries(
  where: string,
  image: PooledFeatures,
  text: PooledFeatures,
): void {
  requireComplete({ name: where }, image, text);
  checkShapes(where, {
    'image.pooled': [image.pooled, ['B', 'Di']],
    'text.pooled': [text.pooled, ['B', 'Dt']],
  });
}

/**
 * @throws ShapeError for features without tokens (a config or JavaScript may pass them; the compiler
 *   would not), and for a mask that is not of the tokens.
 */
export function requireTokensOf(
  where: string,
  side: Side,
  features: PooledFeatures & Partial<Features>,
): asserts features is Features {
  if (features.tokens !== undefined && features.mask !== undefined) {
    const { N } = checkShapes(where, {
      [`${side}.tokens`]: [features.tokens, ['B', 'N', 'D']],
      [`${side}.mask`]: [features.mask, ['B', 'N']],
    });
    if (N > 0) return;
    throw new ShapeError(`the ${side} features are sequences of no token`, {
      where,
      expected: 'at least one token, of which at least one is real',
      got: showShape(features.tokens.shape),
    });
  }
  throw new ShapeError(`this fusion reads tokens, and the ${side} features have none`, {
    where,
    expected: 'tokens [B, N, D] and mask [B, N]',
    got: 'pooled alone',
    advice: 'Use an encoder that gives tokens, or a fusion that reads summaries.',
  });
}

/**
 * The scores of every image against every text, [B_i, B_t], by a function of aligned pairs: B
 * images and B texts give `match` [B]. At most `chunk` pairs are computed at a time, so without
 * gradients the memory does not grow with B_i·B_t. (Differentiation keeps the values of all
 * passes.)
 *
 * @param match also gets the index of the chunk, from which it derives its random key.
 * @throws ConfigError unless `chunk` is a whole number of at least 1.
 */
export function scoreInChunks<Image extends Rows<Image>, Text extends Rows<Text>>(
  image: Image,
  text: Text,
  chunk: number,
  match: (image: Image, text: Text, pass: number) => Tensor1D,
): Tensor2D {
  return scoreInBlocks(image, text, chunk, (images, texts, pass) => {
    const [m, n] = [rowCount(images), rowCount(texts)];
    const left = mapRows(images, (x) => repeatRows(x, n));
    const right = mapRows(texts, (x) => repeatAll(x, m));
    return reshape<Rank.R2>(match(left, right, pass), [m, n]);
  });
}

/**
 * As {@link scoreInChunks}, with a function that scores m images against n texts, [m, n], where m·n
 * is at most `chunk`.
 */
export function scoreInBlocks<Image extends Rows<Image>, Text extends Rows<Text>>(
  image: Image,
  text: Text,
  chunk: number,
  score: (image: Image, text: Text, pass: number) => Tensor2D,
): Tensor2D {
  requireNumber('scoreInBlocks', 'chunk', chunk, { integer: true, min: 1 });
  const [images, texts] = [rowCount(image), rowCount(text)];
  const columns = Math.min(texts, chunk);
  const rows = Math.min(images, Math.max(1, Math.floor(chunk / columns)));
  let pass = 0;
  const block = (row: number, column: number): Tensor2D =>
    tidy(() => {
      const left = mapRows(image, (x) => rowsOf(x, row, Math.min(rows, images - row)));
      const right = mapRows(text, (x) => rowsOf(x, column, Math.min(columns, texts - column)));
      return score(left, right, pass++);
    });
  return concatAll(
    range(0, images, rows).map((row) =>
      concatAll(
        range(0, texts, columns).map((column) => block(row, column)),
        1,
      ),
    ),
    0,
  );
}

/** [B, …] → [count·B, …]: rows a, b become a b a b a b. */
export function repeatAll<T extends Tensor>(x: T, count: number): T {
  if (count === 1) return x;
  const [size = 0, ...rest] = x.shape;
  const apart = reshape(x, [1, size, ...rest]);
  const many = mul(apart, ones([count, 1, ...rest.map(() => 1)]));
  return reshape(many, [count * size, ...rest]) as T;
}

function rowCount<T extends Rows<T>>(rows: T): number {
  const [first] = rows instanceof Tensor ? [rows] : Object.values<Tensor>(rows);
  return first!.shape[0];
}

function mapRows<T extends Rows<T>>(rows: T, map: (x: Tensor) => Tensor): T {
  // Names and ranks do not change, so the type is the same.
  if (rows instanceof Tensor) return map(rows) as T;
  const parts = Object.entries<Tensor>(rows).map(([name, x]) => [name, map(x)]);
  return Object.fromEntries(parts) as T;
}

function rowsOf<T extends Tensor>(x: T, from: number, count: number): T {
  if (count === x.shape[0]) return x;
  const rest = x.shape.slice(1);
  return slice(x, [from, ...rest.map(() => 0)], [count, ...rest]);
}

function concatAll(parts: Tensor2D[], axis: number): Tensor2D {
  return parts.length === 1 ? parts[0]! : concat(parts, axis);
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
}
