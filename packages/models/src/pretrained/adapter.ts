import { add, matMul, mul, slice, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  StateDictError,
  disposeParams,
  showShape,
  type Params,
} from '@crossweave/core';
import type { KeyMap, KeyTarget } from '@crossweave/checkpoints';
import { loadCheckpoint } from '@crossweave/checkpoints/node';
import type { JsonObject, ModelFiles } from './model-files';

/** A LoRA adapter as Hugging Face's PEFT writes it, beside `adapter_config.json`. */
export interface Adapter {
  /** Folder or hub id of the model that it was trained over. */
  readonly base: string;
  readonly weights: string;
  /** By how much the product of a module's two matrices is multiplied, given its rank. */
  readonly scaleOf: (module: string, rank: number) => number;
}

/** Settings of PEFT's LoRA that change what is computed in a way that is not made here. */
const unsupported: Readonly<Record<string, readonly unknown[]>> = {
  peft_type: ['LORA'],
  bias: ['none', null],
  use_dora: [false, null],
  fan_in_fan_out: [false, null],
  modules_to_save: [null],
  layer_replication: [null],
  trainable_token_indices: [null],
  target_parameters: [null],
  alora_invocation_tokens: [null],
  lora_bias: [false, null],
  use_qalora: [false, null],
  use_bdlora: [false, null],
  ...Object.fromEntries(
    ['arrow', 'kasa', 'monteclora', 'velora'].map((name) => [`${name}_config`, [null]]),
  ),
};

/**
 * The adapter that lies in a folder; undefined where there is none.
 *
 * @throws ConfigError for an adapter of another kind than LoRA, or with parts that are not added.
 */
export async function adapterIn(files: ModelFiles): Promise<Adapter | undefined> {
  const config = await files.json('adapter_config.json');
  if (config === undefined) return undefined;
  const where = `${files.folder}/adapter_config.json`;
  for (const [name, allowed] of Object.entries(unsupported)) {
    const value = config[name] ?? null;
    if (allowed.includes(value) || (Array.isArray(value) && value.length === 0)) continue;
    throw new ConfigError(`"${name}" of the adapter is not supported`, {
      where,
      expected: allowed.map((each) => JSON.stringify(each)).join(' or '),
      got: value,
      advice: 'Merge it in Python (merge_and_unload) and save the whole model.',
    });
  }
  const base = config['base_model_name_or_path'];
  if (typeof base !== 'string' || base === '') {
    throw new ConfigError('the adapter does not say which model it belongs to', {
      where,
      expected: '"base_model_name_or_path": a folder or the id of a model',
      got: base,
    });
  }
  return { base, weights: files.weights, scaleOf: scales(where, config) };
}

function scales(where: string, config: JsonObject): Adapter['scaleOf'] {
  const alpha = config['lora_alpha'] ?? 8;
  const patterns = Object.entries((config['alpha_pattern'] ?? {}) as JsonObject);
  for (const value of [alpha, ...patterns.map(([, own]) => own)]) {
    if (typeof value === 'number' && Number.isFinite(value)) continue;
    throw new ConfigError('"lora_alpha" is no number', { where, got: value });
  }
  const pattern = patterns.find(([name]) => !/^[\w.]+$/.test(name));
  if (pattern !== undefined) {
    throw new ConfigError('"alpha_pattern" has a pattern', {
      ...{ where, expected: 'names of modules', got: pattern[0] },
    });
  }
  return (module, rank) => {
    const own = patterns.find(([name]) => module === name || module.endsWith(`.${name}`));
    const value = Number(own?.[1] ?? alpha);
    return config['use_rslora'] === true ? value / Math.sqrt(rank) : value / rank;
  };
}

/** A tower or the fusion: where its parameters begin, and how the base's file names them. */
export interface AdaptedPart {
  readonly prefix: string;
  readonly keys: KeyMap;
}

const matrix = /^(?:base_model\.model\.)?(.+)\.lora_([AB])(?:\.default)?\.weight$/;

/**
 * Adds the products of an adapter to the weights: W + scale · B · A. The parameters given are
 * released where they change.
 *
 * @returns the same parameters with the changed ones in place of the old
 * @throws StateDictError for a tensor that belongs to no linear layer of the model, a matrix without
 *   its counterpart, or shapes that do not fit.
 */
export async function addAdapter(
  { weights, scaleOf }: Adapter,
  parts: readonly AdaptedPart[],
  params: Params,
): Promise<Params> {
  const { params: stored } = await loadCheckpoint(weights);
  const changed: Record<string, Tensor> = {};
  try {
    for (const [module, { a, b }] of pairsOf(weights, stored)) {
      const targets = targetsOf(weights, module, parts, params);
      for (const { path, part, transposed = false } of targets) {
        const weight = params[path]!;
        changed[path] = tidy(() => {
          const product = mul<Tensor2D>(matMul(b, a), scaleOf(module, a.shape[0]));
          const own = part === undefined ? product : rowsOf(product, part);
          const change = transposed ? transpose(own) : own;
          requireShape(weights, module, change.shape, weight.shape);
          return add(weight, change);
        });
      }
    }
  } catch (error) {
    disposeParams(changed);
    throw error;
  } finally {
    disposeParams(stored);
  }
  for (const path of Object.keys(changed)) params[path]!.dispose();
  return { ...params, ...changed };
}

function pairsOf(
  where: string,
  stored: Params,
): ReadonlyMap<string, { readonly a: Tensor2D; readonly b: Tensor2D }> {
  const found = new Map<string, { a?: Tensor2D; b?: Tensor2D }>();
  for (const [name, value] of Object.entries(stored)) {
    const [, module, side] = matrix.exec(name) ?? [];
    if (module === undefined || value.rank !== 2) {
      throw new StateDictError(`the adapter has a tensor of another kind, "${name}"`, {
        where,
        expected: 'lora_A.weight and lora_B.weight of linear layers',
        got: showShape(value.shape),
      });
    }
    const own = found.get(module) ?? {};
    own[side === 'A' ? 'a' : 'b'] = value as Tensor2D;
    found.set(module, own);
  }
  return new Map(
    [...found].map(([module, { a, b }]) => {
      if (a !== undefined && b !== undefined && b.shape[1] === a.shape[0])
        return [module, { a, b }];
      throw new StateDictError(`the two matrices of "${module}" do not fit each other`, {
        where,
        expected: 'lora_A [rank, in] and lora_B [out, rank]',
        got: [a, b].map((each) => (each ? showShape(each.shape) : 'none')).join(' and '),
      });
    }),
  );
}

/** The parameters of ours that a module of the base is. */
function targetsOf(
  where: string,
  module: string,
  parts: readonly AdaptedPart[],
  params: Params,
): readonly KeyTarget[] {
  const targets = parts
    .flatMap(({ prefix, keys }) =>
      (keys.toOurs(`${module}.weight`) ?? []).map((each) => ({
        ...each,
        path: prefix + each.path,
      })),
    )
    .filter(({ path }) => Object.hasOwn(params, path));
  if (targets.length > 0) return targets;
  throw new StateDictError(`the model has no layer "${module}", which the adapter changes`, {
    where,
    expected: 'names of layers as the files of the base have them',
    got: module,
    advice: 'Merge it in Python (merge_and_unload) and save the whole model.',
  });
}

function rowsOf(product: Tensor2D, { index, of }: NonNullable<KeyTarget['part']>): Tensor2D {
  const [rows, columns] = product.shape;
  return slice(product, [(index * rows) / of, 0], [rows / of, columns]);
}

function requireShape(
  where: string,
  module: string,
  got: readonly number[],
  wanted: readonly number[],
): void {
  if (String(got) === String(wanted)) return;
  throw new StateDictError(`the adapter of "${module}" has another shape than its layer`, {
    where,
    expected: showShape(wanted),
    got: showShape(got),
  });
}
