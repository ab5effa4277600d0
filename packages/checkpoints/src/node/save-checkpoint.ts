import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import {
  anyText,
  number,
  recordOf,
  requireValue,
  type Check,
  paramTree,
  checkOptions,
  type Checks,
} from '@crossweave/core/authoring';
import type { KeyMap, KeyTarget } from '../key-map/key-map';
import { StateDictError, showShape } from '@crossweave/core';
import type { Params } from '@crossweave/core';
import { byteLength } from '../safetensors/elements';
import { bytesOf, storedType } from '../safetensors/params';
import { writeJsonAtomic } from '@crossweave/core/node';
import { keyMapCheck } from './load-checkpoint';
import { writeSafetensors, type OutgoingTensor } from './write-safetensors';

export interface SaveOptions {
  /** Converts the parameters to the names and shapes of a different library. */
  readonly keyMap?: KeyMap;
  /**
   * Metadata for the header. `format: 'pt'` is added, since Hugging Face refuses files without it.
   */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * Splits a larger checkpoint into files with at most this many bytes of tensors. Default: one
   * file.
   */
  readonly shardBytes?: number;
}

const safetensorsPath: Check = {
  expected: 'a path that ends in ".safetensors"',
  accepts: (value) => typeof value === 'string' && value.endsWith('.safetensors'),
};

const optionChecks: Checks<SaveOptions> = {
  keyMap: keyMapCheck,
  metadata: recordOf(anyText()),
  shardBytes: number({ above: 0 }),
};

/**
 * Writes parameters to a safetensors file that Hugging Face, torchvision and timm load, atomically
 * and one tensor at a time. With `shardBytes` a larger checkpoint becomes
 * `model-00001-of-00003.safetensors` … and `model.safetensors.index.json` in the same folder.
 *
 * @returns the path to load the checkpoint from: the file, or the index of the shards. @throws
 *   StateDictError when a parameter cannot be stored or the key map lacks it, DataError when a file
 *   cannot be written, ConfigError for a wrong path or option.
 */
export async function saveCheckpoint(
  path: string,
  params: Params,
  options: SaveOptions = {},
): Promise<string> {
  checkOptions('saveCheckpoint', options, optionChecks);
  requireValue('saveCheckpoint', 'path', path, safetensorsPath);
  requireValue('saveCheckpoint', 'params', params, paramTree());
  const { keyMap, shardBytes = Infinity } = options;
  const metadata = { format: 'pt', ...options.metadata };
  const tensors = outgoing(params, keyMap);
  const shards = cut(tensors, shardBytes);
  if (shards.length <= 1) {
    await writeSafetensors(path, tensors, metadata);
    return path;
  }
  const stem = basename(path, '.safetensors');
  const count = String(shards.length).padStart(5, '0');
  const weightMap: Record<string, string> = {};
  for (const [i, shard] of shards.entries()) {
    const file = `${stem}-${String(i + 1).padStart(5, '0')}-of-${count}.safetensors`;
    await writeSafetensors(join(dirname(path), file), shard, metadata);
    for (const [name] of shard) weightMap[name] = file;
  }
  const index = `${path}.index.json`;
  const total = tensors.reduce((sum, [, tensor]) => sum + bytesIn(tensor), 0);
  await writeJsonAtomic(index, { metadata: { total_size: total }, weight_map: weightMap });
  // An earlier checkpoint in one file would take precedence over the index.
  await rm(path, { force: true });
  return index;
}

type Named = readonly [name: string, tensor: OutgoingTensor];

/** The tensors of the file. Each is one of our tensors, or several joined along axis 0. */
function outgoing(params: Params, keyMap: KeyMap | undefined): Named[] {
  const sources = new Map<string, { target: KeyTarget; path: string; value: Tensor }[]>();
  for (const [path, value] of Object.entries(params)) {
    const target = keyMap === undefined ? { path } : keyMap.toTheirs(path);
    if (target === undefined) {
      throw new StateDictError(`the key map has no rule for "${path}"`, {
        where: keyMap?.name,
        advice: 'Use the key map of this architecture and library, or leave the entry out.',
      });
    }
    const list = sources.get(target.path) ?? [];
    sources.set(target.path, [...list, { target, path, value }]);
  }
  return [...sources].map(([name, parts]) => {
    const sorted = parts.sort((a, b) => (a.target.part?.index ?? 0) - (b.target.part?.index ?? 0));
    return [name, joined(keyMap?.name, name, sorted)];
  });
}

function joined(
  where: string | undefined,
  name: string,
  parts: readonly { target: KeyTarget; path: string; value: Tensor }[],
): OutgoingTensor {
  const [first] = parts;
  const of = first!.target.part?.of ?? 1;
  const { shape, dtype } = first!.value;
  const alike = parts.every(({ value }, i) => {
    return value.dtype === dtype && showShape(value.shape) === showShape(shape) && i < of;
  });
  if (parts.length !== of || !alike || (of > 1 && shape.length === 0)) {
    throw new StateDictError(`"${name}" must be joined from ${of} tensors of the same shape`, {
      where,
      got: parts.map(({ path, value }) => `${path} ${showShape(value.shape)}`).join(', '),
      advice: 'Save the whole tree at once.',
    });
  }
  const transposed = first!.target.transposed ?? false;
  const [rows = 1, ...rest] = transposed ? [...shape].reverse() : shape;
  return {
    dtype: storedType(first!.path, first!.value),
    shape: shape.length === 0 ? [] : [rows * of, ...rest],
    pieces: parts.map(
      ({ value }) =>
        () =>
          transposed ? turnedBytes(value) : bytesOf(value),
    ),
  };
}

async function turnedBytes(value: Tensor): Promise<Uint8Array> {
  const turned = tidy(() => transpose(value));
  try {
    return await bytesOf(turned);
  } finally {
    turned.dispose();
  }
}

/**
 * Groups consecutive tensors into shards of at most `limit` bytes. A larger tensor gets its own
 * shard.
 */
function cut(tensors: readonly Named[], limit: number): Named[][] {
  const shards: Named[][] = [];
  let filled = 0;
  for (const tensor of tensors) {
    const bytes = bytesIn(tensor[1]);
    if (shards.length === 0 || filled + bytes > limit) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(tensor);
    filled += bytes;
  }
  return shards;
}

function bytesIn({ dtype, shape }: OutgoingTensor): number {
  // Tensors in memory have far less than 2^53 bytes.
  return byteLength(dtype, shape) ?? Infinity;
}
