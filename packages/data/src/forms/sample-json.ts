import { DataError } from '@crossweave/core';
import { repeatedKey } from '@crossweave/core/authoring';
import { excerpt } from '../records/excerpt';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a sample's `json` file: none where it holds no object, an error where it is no JSON
 * or has a key twice.
 */
export function jsonOf(json: string | undefined, where: string): Fields | DataError {
  if (json === undefined) return {};
  const details = () => ({ where, got: excerpt(json), advice: 'Write the shard anew.' });
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return new DataError('the json file is not JSON', details());
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return {};
  const repeated = repeatedKey(json, parsed);
  if (repeated === undefined) return parsed as Fields;
  return new DataError(`the json file has the key "${repeated.join('.')}" twice`, {
    expected: 'each key once',
    ...details(),
  });
}

/**
 * The doubt about a sample whose `json` has another caption than the file that is read for it.
 *
 * @param file the extension of that file, `txt`.
 */
export function otherCaption(
  { caption, captions }: Fields,
  file: string,
  text: string,
  where: string,
): DataError | undefined {
  const others = [caption, captions].flat().filter((each) => typeof each === 'string');
  const other = others.find((each) => each.trim() !== text.trim());
  if (other === undefined) return undefined;
  return new DataError(`the json file has another caption than the ${file} file, which is read`, {
    where,
    got: `${excerpt(other)} beside ${excerpt(text.trim())}`,
    advice: `To read the captions of the json files, leave the ${file} files out of the shards. Of further samples like it nothing is said.`,
  });
}
