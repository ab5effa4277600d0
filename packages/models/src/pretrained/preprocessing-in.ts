import { checkpointPreprocessing, type Preprocessing } from '@crossweave/data';
import type { ModelFiles } from './model-files';

/**
 * What a checkpoint's `preprocessor_config.json` says of its pictures; undefined without that file.
 *
 * @throws ConfigError for what cannot be followed.
 */
export async function preprocessingIn(files: ModelFiles): Promise<Preprocessing | undefined> {
  const name = 'preprocessor_config.json';
  const config = await files.json(name);
  if (config === undefined) return undefined;
  return checkpointPreprocessing(config, `${files.folder}/${name}`);
}
