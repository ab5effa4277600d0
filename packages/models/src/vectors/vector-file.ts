import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, FileFormatError, disposeParams } from '@crossweave/core';
import { fields, listOf, text } from '@crossweave/core/authoring';
import { writeFileAtomic } from '@crossweave/core/node';
import {
  loadSafetensors,
  readSafetensorsMetadata,
  saveSafetensors,
} from '@crossweave/checkpoints/node';
import { requireFinite, type Embeddings } from './embeddings';
import { npyOf } from './npy';
import { parquetOf } from './parquet';

/** Vectors with what each is of. */
export interface VectorSet {
  /** [rows] paths of pictures, or texts. */
  readonly ids: readonly string[];
  readonly embeddings: Embeddings;
  /** Of the model that made them (`OpenModel.fingerprint`): vectors of two models do not compare. */
  readonly model: string;
}

const tensorName = 'embeddings';
const idsCheck = listOf(text());
const metadataCheck = fields({ ids: text(), model: text() }, ['ids', 'model']);

/**
 * Writes vectors by the name's end: `.safetensors` holds all of it (`embeddings` [N, E], ids and
 * model in the header) and is what {@link loadVectors} reads; `.parquet` has columns `id` and
 * `embedding`; `.npy` holds the numbers alone, with the
 * ids, a line each, in `<path>.ids.txt`.
 *
 * @returns the files written.
 * @throws ConfigError for another end of the name or ids that are not one a row.
 */
export async function saveVectors(path: string, set: VectorSet): Promise<string[]> {
  const { ids, embeddings, model } = set;
  const { rows, dim, values } = embeddings;
  if (ids.length !== rows) {
    throw new ConfigError('the ids are not one a row', {
      where: 'saveVectors',
      expected: rows,
      got: ids.length,
    });
  }
  if (path.endsWith('.safetensors')) {
    const tensor = tensor2d(values, [rows, dim]);
    try {
      await saveSafetensors(path, { [tensorName]: tensor }, { ids: JSON.stringify(ids), model });
    } finally {
      tensor.dispose();
    }
    return [path];
  }
  if (path.endsWith('.npy')) {
    const names = `${path}.ids.txt`;
    // A line break within a text would shift all rows after it.
    const lines = ids.map((id) => `${id.replaceAll(/[\r\n]+/g, ' ')}\n`);
    await writeFileAtomic(names, lines.join(''));
    await writeFileAtomic(path, npyOf(embeddings));
    return [path, names];
  }
  if (path.endsWith('.parquet')) {
    await writeFileAtomic(path, await parquetOf(set));
    return [path];
  }
  throw wrongName(path);
}

const endings = ['.safetensors', '.parquet', '.npy'];

/** For programs that compute before they save. @throws ConfigError as {@link saveVectors} */
export function requireVectorFile(path: string): void {
  if (!endings.some((ending) => path.endsWith(ending))) throw wrongName(path);
}

function wrongName(where: string): ConfigError {
  return new ConfigError('the file has a name of another kind', {
    where,
    expected: `a name that ends in ${endings.join(', ').replace(/, (?=[^,]*$)/, ' or ')}`,
  });
}

/**
 * @throws FileFormatError when the file holds no vectors; DataError when it is missing;
 *   NonFiniteError for a vector that is not finite.
 */
export async function loadVectors(path: string): Promise<VectorSet> {
  const metadata = await readSafetensorsMetadata(path);
  const tensors = await loadSafetensors(path);
  try {
    const tensor = tensors[tensorName];
    const ids: unknown = metadataCheck.accepts(metadata) ? parsed(metadata['ids']!) : undefined;
    if (tensor?.rank !== 2 || !idsCheck.accepts(ids)) throw noVectors(path);
    const [rows, dim] = (tensor as Tensor2D).shape;
    if ((ids as string[]).length !== rows) throw noVectors(path);
    const values = (await tensor.data()) as Float32Array;
    const embeddings = requireFinite(path, { rows, dim, values });
    return { ids: ids as string[], embeddings, model: metadata['model']! };
  } finally {
    disposeParams(tensors);
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function noVectors(where: string): FileFormatError {
  return new FileFormatError('the file holds no vectors', {
    where,
    expected: 'a .safetensors file that saveVectors wrote',
  });
}
