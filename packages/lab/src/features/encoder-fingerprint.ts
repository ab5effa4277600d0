import { createHash, type Hash } from 'node:crypto';
import { Tensor, dispose, tensor, tidy, type TypedArray } from '@tensorflow/tfjs-core';
import { precisionInUse } from '@crossweave/core/engine';
import {
  inference,
  valuesOf,
  type Encoder,
  type Features,
  type FrozenEncoder,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';

/** A tower and its parameters (paths without the tower's prefix). */
export interface Tower<Input> {
  readonly encoder: Encoder<Input, PooledFeatures>;
  readonly params: Params;
}

type Encoded = PooledFeatures & Partial<Features>;

/**
 * The features of a batch; the caller disposes them. Those of a tower are there at once: an engine that
 * compiles in a thread does so where they are read before anything else is awaited.
 */
export function encodeBatch<Input>(
  tower: Tower<Input> | FrozenEncoder<Input>,
  input: Input,
): Encoded | Promise<Encoded> {
  if ('encode' in tower) return tower.encode(input);
  return tidy(() => ({ ...tower.encoder.apply(tower.params, input, inference) }));
}

/**
 * SHA-256 (hex) of what decides an encoder's features besides the input: its name, its parameters,
 * the precision of the engine (of a tower, since a frozen encoder is computed by another runtime),
 * and the bits that it gives for one input: numbers of a pattern in the shape of `example`, or its
 * own token ids, since not every text encoder takes made-up ones. The last tells apart what
 * parameters do not: options without parameters (pooling, activation), and engines that round
 * otherwise.
 */
export async function encoderFingerprint<Input>(
  tower: Tower<Input> | FrozenEncoder<Input>,
  example: Input,
): Promise<string> {
  const hash = createHash('sha256');
  if ('encode' in tower) hash.update(JSON.stringify([tower.name, tower.fingerprint]));
  else {
    hash.update(tower.encoder.name);
    // Of float32 nothing is said, as in stores from before there was a choice.
    const precision = precisionInUse();
    if (precision !== 'float32') hash.update(JSON.stringify({ precision }));
    await hashParams(hash, tower.params);
  }
  const probe = mapTensors(example, (each) =>
    each.dtype === 'float32' ? tensor(pattern(each.size), each.shape) : each.clone(),
  );
  const encoded = encodeBatch(tower, probe);
  const features = 'pooled' in encoded ? encoded : await encoded;
  for (const [name, value] of tensorsOf(features)) {
    hash
      .update(JSON.stringify([name, value.shape.slice(1)]))
      .update(bytesOf(await valuesOf(value)));
  }
  disposeTensors(features);
  disposeTensors(probe);
  return hash.digest('hex');
}

/** Adds paths, shapes, types and values of a parameter tree to a hash, in the order of the paths. */
export async function hashParams(hash: Hash, params: Params): Promise<void> {
  for (const [path, value] of Object.entries(params).sort(byName)) {
    hash
      .update(JSON.stringify([path, value.shape, value.dtype]))
      .update(bytesOf(await valuesOf(value)));
  }
}

/** SHA-256 (hex) of each of the first `count` rows of an input, with all of its tensors. */
export async function rowDigests(input: unknown, count: number): Promise<string[]> {
  const hashes = Array.from({ length: count }, () => createHash('sha256'));
  for (const [name, value] of tensorsOf(input)) {
    const values = await valuesOf(value);
    const length = values.length / value.shape[0];
    hashes.forEach((hash, row) => {
      hash.update(JSON.stringify([name, value.shape.slice(1)]));
      hash.update(bytesOf(values.subarray(row * length, (row + 1) * length)));
    });
  }
  return hashes.map((hash) => hash.digest('hex'));
}

/** Disposes a tensor, or the tensors of a plain record of them. */
export function disposeTensors(value: unknown): void {
  dispose(tensorsOf(value).map(([, each]) => each));
}

function tensorsOf(value: unknown): [name: string, value: Tensor][] {
  if (value instanceof Tensor) return [['', value as Tensor]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter((entry): entry is [string, Tensor] => entry[1] instanceof Tensor)
    .sort(byName);
}

function mapTensors<Input>(input: Input, map: (value: Tensor) => Tensor): Input {
  if (input instanceof Tensor) return map(input) as Input;
  if (typeof input !== 'object' || input === null) return input;
  return Object.fromEntries(
    Object.entries(input).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Tensor ? map(value as Tensor) : value,
    ]),
  ) as Input;
}

/** Numbers in [−1, 1]. */
function pattern(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 2003) / 1001 - 1);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function bytesOf(values: TypedArray): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
