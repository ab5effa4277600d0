import { FileFormatError, isCrossweaveError } from '@crossweave/core';
import { fileError, openRegular } from '@crossweave/core/node';

/** Larger texts are no configuration and no index: those of the largest models have some MB. */
export const longestJson = 2 ** 26;

/**
 * The value of a JSON file that belongs to a checkpoint.
 *
 * @throws DataError as {@link openRegular} does, FileFormatError when the file is too long or is not
 * JSON.
 */
export async function readCheckpointJson(path: string): Promise<unknown> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    if (size > longestJson) {
      throw new FileFormatError('the file is too long', {
        where: path,
        expected: `at most ${longestJson} bytes of JSON`,
        got: size,
      });
    }
    return parse(path, await file.readFile('utf8'));
  } catch (cause) {
    throw isCrossweaveError(cause) ? cause : fileError('the file cannot be read', path, cause);
  } finally {
    await file.close();
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new FileFormatError('the file is not JSON', { where: path, got: reason(cause), cause });
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
