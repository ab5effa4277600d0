import { FileFormatError } from '@crossweave/core';
import { anything, fields, oneOf, recordOf } from '@crossweave/core/authoring';
import { precisionInUse, type Precision } from '@crossweave/core/engine';
import type { ModelIdentity } from '../open/identity';
import type { OpenModel } from '../open/open-model';
import type { Embeddings } from './embeddings';

/** Vectors with what each is of. */
export interface VectorSet {
  /** [rows] paths of pictures, or texts. */
  readonly ids: readonly string[];
  readonly embeddings: Embeddings;
  /** Of the model that made them (`OpenModel.fingerprint`): vectors of two models do not compare. */
  readonly model: string;
  /** What the vectors depend on. Without it none can be added. */
  readonly origin?: VectorOrigin;
  /** [rows] SHA-256 of the bytes of each picture's file, in hexadecimal. Absent for texts. */
  readonly contents?: readonly string[];
}

/** What vectors depend on beside the pictures or texts themselves. */
export interface VectorOrigin {
  readonly of: 'pictures' | 'texts';
  /** The numbers in which the engine computed products. */
  readonly precision: Precision;
  readonly model: ModelIdentity;
}

/** What vectors that `model` makes now, on the engine in use, depend on. */
export async function originOf(
  of: VectorOrigin['of'],
  model: Pick<OpenModel, 'identity'>,
): Promise<VectorOrigin> {
  return { of, precision: precisionInUse(), model: await model.identity() };
}

const originCheck = fields(
  {
    of: oneOf('pictures', 'texts'),
    precision: oneOf('float32', 'tf32', 'bf16'),
    model: recordOf(anything()),
  },
  ['of', 'precision', 'model'],
);

/** What a file says of its vectors, not checked yet; `origin` and `contents` as JSON. */
export interface StoredFacts {
  readonly ids: unknown;
  readonly model: unknown;
  readonly origin?: string | undefined;
  readonly contents?: unknown;
}

/** @throws FileFormatError where a file does not hold what `saveVectors` writes. */
export function vectorSetOf(where: string, embeddings: Embeddings, facts: StoredFacts): VectorSet {
  const { ids, model, contents } = facts;
  const origin = facts.origin === undefined ? undefined : parsed(facts.origin);
  const isOneARow = (list: unknown): list is string[] =>
    Array.isArray(list) &&
    list.length === embeddings.rows &&
    list.every((each) => typeof each === 'string');
  if (
    !isOneARow(ids) ||
    typeof model !== 'string' ||
    (origin !== undefined && !originCheck.accepts(origin)) ||
    (contents !== undefined && !isOneARow(contents))
  ) {
    throw noVectors(where);
  }
  return {
    ...{ ids, embeddings, model },
    ...(origin !== undefined && { origin: origin as VectorOrigin }),
    ...(contents !== undefined && { contents }),
  };
}

/** The value of a JSON text; null for what is not JSON. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

export function noVectors(where: string, cause?: unknown): FileFormatError {
  return new FileFormatError('the file holds no vectors', {
    where,
    expected: 'a .safetensors or .parquet file that saveVectors wrote',
    ...(cause !== undefined && { got: cause instanceof Error ? cause.message : cause, cause }),
  });
}
