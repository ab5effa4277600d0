import { requireOneOf } from '@crossweave/core/authoring';
import { ConfigError } from '@crossweave/core';

/** In the order in which they are tried: the maintained one, and its predecessor. */
export const transformersLibraries = ['@huggingface/transformers', '@xenova/transformers'] as const;

export type TransformersLibraryName = (typeof transformersLibraries)[number];

/** What both libraries have in common, as far as it is used; each types itself differently. */
export interface TransformersModule {
  readonly env: { localModelPath: string; useFSCache: boolean };
  readonly Tensor: new (
    type: string,
    data: Float32Array | BigInt64Array,
    dims: number[],
  ) => TransformersTensor;
}

export interface TransformersTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

export interface TransformersLibrary {
  readonly name: TransformersLibraryName;
  readonly module: TransformersModule;
}

/**
 * How a package imports the libraries, which are its own optional peers:
 * `{ '@huggingface/transformers': () => import('@huggingface/transformers'), … }`.
 */
export type TransformersImports = Readonly<Record<TransformersLibraryName, () => Promise<unknown>>>;

/**
 * The library called `name`, or the first that can be imported.
 *
 * @throws ConfigError with what to install when there is none, or it fails on import; and for another
 * name.
 */
export async function importTransformers(
  where: string,
  imports: TransformersImports,
  name?: TransformersLibraryName,
): Promise<TransformersLibrary> {
  if (name !== undefined) requireOneOf(where, 'library', name, transformersLibraries);
  const failures: unknown[] = [];
  for (const candidate of transformersLibraries) {
    if (name !== undefined && name !== candidate) continue;
    try {
      return { name: candidate, module: (await imports[candidate]()) as TransformersModule };
    } catch (error) {
      failures.push(error);
    }
  }
  // A library that is there but fails says more than one that is absent.
  const cause =
    failures.find((error) => !(error instanceof Error && isAbsent(error))) ?? failures[0];
  throw new ConfigError('no transformers library could be imported', {
    where,
    expected: name ?? transformersLibraries.join(' or '),
    got: cause instanceof Error ? cause.message : cause,
    advice: 'Install one: npm install --ignore-scripts @huggingface/transformers',
    cause,
  });
}

function isAbsent(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
