import { ConfigError } from '@crossweave/core';
import { writeAtomic, writeFileAtomic } from '@crossweave/core/node';
import { npyOf } from './npy';
import { loadParquetVectors, parquetOf } from './parquet';
import { loadSafetensorsVectors, saveSafetensorsVectors } from './safetensors';
import { requireEmbeddings } from './embeddings';
import type { VectorSet } from './vector-set';

/**
 * Writes vectors by the name's end, each file atomically. `.safetensors` (`embeddings` [N, E], the rest in the
 * header) and `.parquet` (columns `id`, `embedding` and, for pictures, `sha256`) hold all of it, and
 * {@link loadVectors} reads them. `.npy` holds the numbers alone, with the ids, a line each, in
 * `<path>.ids.txt`.
 *
 * @returns the files written.
 * @throws ConfigError for another end of the name, vectors that are no whole rows, or ids or contents
 *   that are not one a row; NonFiniteError.
 */
export async function saveVectors(path: string, set: VectorSet): Promise<string[]> {
  const { ids, embeddings, contents } = set;
  requireEmbeddings('saveVectors', 'embeddings', embeddings);
  for (const [name, list] of Object.entries({ ids, contents: contents ?? ids })) {
    if (list.length === embeddings.rows) continue;
    throw new ConfigError(`the ${name} are not one a row`, {
      where: 'saveVectors',
      expected: embeddings.rows,
      got: list.length,
    });
  }
  requireVectorFile(path);
  if (path.endsWith('.safetensors')) {
    await saveSafetensorsVectors(path, set);
    return [path];
  }
  if (path.endsWith('.parquet')) {
    await writeFileAtomic(path, await parquetOf(set));
    return [path];
  }
  const names = `${path}.ids.txt`;
  // A line break within a text would shift all rows after it.
  const lines = ids.map((id) => `${id.replaceAll(/[\r\n]+/g, ' ')}\n`);
  // Both are written before the first gets its name: vectors never stand beside the names of others.
  await writeAtomic(names, async (file) => {
    await file.writeFile(lines.join(''));
    await writeFileAtomic(path, npyOf(embeddings));
  });
  return [path, names];
}

const endings = ['.safetensors', '.parquet', '.npy'];

/** For programs that compute before they save. @throws ConfigError as {@link saveVectors} */
export function requireVectorFile(path: string): void {
  if (endings.some((ending) => path.endsWith(ending))) return;
  throw new ConfigError('the file has a name of another kind', {
    where: path,
    expected: `a name that ends in ${endings.join(', ').replace(/, (?=[^,]*$)/, ' or ')}`,
  });
}

/**
 * The vectors of a `.safetensors` or `.parquet` file that {@link saveVectors} wrote.
 *
 * @throws ConfigError for a `.npy` file, because it names neither ids nor the model; FileFormatError when
 *   the file holds no vectors; DataError when it is missing; NonFiniteError for a vector that is not finite.
 */
export async function loadVectors(path: string): Promise<VectorSet> {
  if (path.endsWith('.npy')) {
    throw new ConfigError('a .npy file does not say which model made its vectors', {
      where: path,
      expected: 'a .safetensors or .parquet file that saveVectors wrote',
    });
  }
  return path.endsWith('.parquet') ? loadParquetVectors(path) : loadSafetensorsVectors(path);
}
