import { DataError } from '@crossweave/core';
import { excerpt } from '../records/excerpt';

type Fields = Readonly<Record<string, unknown>>;

/** The fields of a sample's `json` file: none where it holds no object, undefined where it is no JSON. */
export function jsonOf(json: string | undefined): Fields | undefined {
  if (json === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(json);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? (parsed as Fields) : {};
  } catch {
    return undefined;
  }
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
