import type { RunIdentity } from '@crossweave/trainer/node';
import type { DataConfig } from '../config/schema';

/** Keys of `data` that say where things lie and how they are had, and not what they are. */
export const places = {
  captions: undefined,
  pictureStore: undefined,
  featureStore: undefined,
  workers: undefined,
};

/** Of the files in a run's folder. A later version that reads them otherwise counts it up. */
export const format = 1;

/** What of a run is known before its data is read. */
export function configIdentity<Config extends { readonly data: DataConfig }>(
  command: string,
  config: Config,
): RunIdentity {
  // Not where the files lie but what they hold makes a run: that is what the fingerprints say.
  const { stream } = config.data;
  const data = {
    ...config.data,
    ...places,
    tokenizer: undefined,
    stream: stream && { ...stream, source: undefined, prefetch: undefined },
  };
  return { format, command, config: { ...config, data } };
}
