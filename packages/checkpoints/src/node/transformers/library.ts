import { requireOneOf } from '@crossweave/core/authoring';
import { ConfigError } from '@crossweave/core';

/**
 * The supported libraries, in the order in which they are tried: the maintained one and its
 * predecessor.
 */
export const transformersLibraries = ['@huggingface/transformers', '@xenova/transformers'] as const;

export type TransformersLibraryName = (typeof transformersLibraries)[number];

/** The parts of both libraries that are used here. Their own types differ. */
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
 * How a package imports the libraries, which are optional peer dependencies of that package: `{
 * '@huggingface/transformers': () => import('@huggingface/transformers'), … }`.
 */
export type TransformersImports = Readonly<Record<TransformersLibraryName, () => Promise<unknown>>>;

/**
 * Imports the library `name`; by default the first library that can be imported.
 *
 * @throws ConfigError for an unknown name, or when no library can be imported; it says what to
 *   install.
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
  // The error of an installed library that fails is more useful than that of a missing one.
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
