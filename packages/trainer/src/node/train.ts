import {
  initialShapes,
  type Features,
  type PartConfig,
  type PlainValue,
  type PooledFeatures,
} from '@crossweave/core';
import {
  anyOf,
  anything,
  having,
  recordOf,
  requireText,
  requireValue,
  text,
} from '@crossweave/core/authoring';
import { initialParams } from '../gradients';
import type { TrainOptions, TrainResult } from '../options';
import type { RunStore } from '../run-store';
import { train as trainWith } from '../train';
import { checkTrainOptions } from '../train-checks';
import { checksumOf, type RunIdentity } from './identity';
import { openRun, type RunOptions } from './run-directory';

/** A folder, or a folder and how to open it. */
export type RunFolder = string | RunSettings;

type RunSettings = RunOptions & { readonly path: string };

export interface NodeTrainOptions<Image, Text, F extends PooledFeatures = Features> extends Omit<
  TrainOptions<Image, Text, F>,
  'run'
> {
  /**
   * The folder of the run: opened, gone on from, written to and closed. Without an `identity` of the
   * caller's own it is that of {@link identityOf}. Or a run that is open already, and stays so.
   */
  readonly run: RunFolder | RunStore;
}

/**
 * `train` of `@crossweave/trainer` over a run's folder in one option:
 *
 * ```ts
 * import { train } from '@crossweave/trainer/node';
 *
 * const result = await train({ model, loss, optimizer, data, steps, key, run: 'runs/a' });
 * ```
 *
 * The same call goes on where it stopped.
 *
 * @throws what `train` and {@link openRun} throw.
 */
export async function train<Image, Text, F extends PooledFeatures>(
  options: NodeTrainOptions<Image, Text, F>,
): Promise<TrainResult> {
  const { run, ...others } = options;
  if (storeCheck.accepts(run)) return trainWith({ ...others, run: run as RunStore });
  requireValue('train', 'run', run, runCheck);
  const { path, ...settings } = typeof run === 'string' ? { path: run } : (run as RunSettings);
  requireText('train', 'run.path', path);
  // Before a folder is made for it.
  checkTrainOptions({ ...others, run: nowhere });
  await using folder = await openRun(path, { identity: identityOf(options), ...settings });
  return await trainWith({ ...others, run: folder });
}

const storeCheck = having('a run that is open', 'resume', 'log', 'checkpoint');
const runCheck = anyOf(text(), recordOf(anything()), storeCheck);

const nowhere: RunStore = {
  resume: () => Promise.resolve(undefined),
  log: () => undefined,
  checkpoint: () => Promise.resolve(),
};

/**
 * What `train` itself can see of a run: the names of its parts and how they were made, the shapes of its
 * parameters, its key, the size and number of its batches. Two data sets of one size, or two functions of
 * the caller's, it cannot tell apart: put your config and the fingerprint of your data into `identity`.
 */
export function identityOf<Image, Text, F extends PooledFeatures>({
  model,
  loss,
  optimizer,
  data,
  key,
  accumulate = 1,
}: Pick<
  TrainOptions<Image, Text, F>,
  'model' | 'loss' | 'optimizer' | 'data' | 'key' | 'accumulate'
>): RunIdentity {
  const shapes = initialShapes({ init: (from) => initialParams({ model, loss }, from) });
  const settings = { model, loss, optimizer, data };
  return {
    model: model.name,
    loss: loss.name,
    optimizer: optimizer.name,
    settings: Object.fromEntries(
      Object.entries(settings).map(([part, { config }]) => [part, withoutSteps(config)]),
    ),
    parameters: checksumOf(shapes),
    key: { high: key.high, low: key.low },
    batchSize: data.batchSize,
    batchesPerEpoch: data.batchesPerEpoch,
    accumulate,
  };
}

/** A config without the steps of schedules: how many there are is the plan of the run, which may be extended. */
function withoutSteps(config: PartConfig | undefined): PartConfig | undefined {
  const schedule = config?.settings['schedule'];
  if (config === undefined || schedule === undefined) return config;
  return { ...config, settings: { ...config.settings, schedule: without('steps', schedule) } };
}

function without(name: string, value: PlainValue): PlainValue {
  if (typeof value !== 'object' || value === null || value instanceof Array) return value;
  const entries = Object.entries(value).filter(([key]) => key !== name);
  return Object.fromEntries(entries.map(([key, entry]) => [key, without(name, entry)]));
}
