import { ConfigError } from '../../errors';

export type TransformersLibraryName = '@xenova/transformers' | '@huggingface/transformers';

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
 * `{ '@xenova/transformers': () => import('@xenova/transformers'), … }`.
 */
export type TransformersImports = Readonly<Record<TransformersLibraryName, () => Promise<unknown>>>;

/**
 * The library called `name`, or the first of `imports` that can be imported.
 *
 * @throws ConfigError with what to install when there is none, or it fails on import.
 */
export async function importTransformers(
  where: string,
  imports: TransformersImports,
  name?: TransformersLibraryName,
): Promise<TransformersLibrary> {
  const failures: unknown[] = [];
  for (const candidate of Object.keys(imports) as TransformersLibraryName[]) {
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
    expected: name ?? Object.keys(imports).join(' or '),
    got: cause instanceof Error ? cause.message : cause,
    advice:
      'Install one: ONNXRUNTIME_NODE_INSTALL=skip npm i @huggingface/transformers. @xenova/transformers needs a working sharp: override its sharp with version 0.35.',
    cause,
  });
}

function isAbsent(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
