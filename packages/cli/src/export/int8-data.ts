import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError, DataError, type PairSplit } from '@crossweave/core';
import type { OpenModel } from '@crossweave/models';
import { requiredText, text, type Command, type OptionValues, type Session } from '../command';
import { dataFlags, dataSettings } from '../config/data-flags';
import { dataForModel } from '../config/model-data';
import { openDataWith, sourceOf } from '../config/open-data';
import { readTrainedRun, requireData } from '../run/trained-run';

/** What int8 towers are made and measured with. */
export interface Int8Data {
  /** Convolutions take their ranges from it: the training split. */
  readonly calibration: PairSplit;
  /** Measures what int8 costs: another split. */
  readonly gate: PairSplit;
}

/** Images of a gate: with fewer, one image is more of recall at 1 than the loss that is let pass. */
const fewest = 100;
const options = ['captions', 'split', ...Object.keys(dataFlags)];

/** @throws ConfigError for an option of the data, where nothing reads it. */
export function refuseDataOptions(command: Command, values: OptionValues): void {
  const given = options.find((name) => values[name] !== undefined);
  if (given === undefined) return;
  throw new ConfigError(`--${given} is of no use without --int8`, {
    where: `crossweave ${command.name}`,
    advice: 'Only int8 reads data: it is calibrated and measured with it.',
  });
}

/**
 * The pairs for int8: those of `--captions`, or of the run that `--model` names.
 *
 * @throws ConfigError without data, or where the gate would be the training split; DataError where
 *   the data lacks a split, changed since the run, or has too few images to measure by.
 */
export async function readInt8Data(
  command: Command,
  values: OptionValues,
  model: OpenModel,
  { terminal, signal }: Session,
): Promise<Int8Data> {
  const where = `crossweave ${command.name}`;
  const folder = resolve(requiredText(command, values, 'model'));
  const run = existsSync(join(folder, 'run.json')) ? await readTrainedRun(folder) : undefined;
  const captions = text(values, 'captions');
  if (run === undefined && captions === undefined) {
    throw new ConfigError('--int8 needs pairs, and the model brings none', {
      where,
      expected: `--captions FILE with a training split, and a validation split of ${fewest} images`,
      got: '--model without a run of crossweave train',
    });
  }
  const config = dataForModel(where, model, {
    ...withoutPictures(run?.config.data),
    ...dataSettings(values),
    ...(captions !== undefined && { captions: sourceOf(captions) }),
  });
  const name = text(values, 'split') ?? config.val;
  if (name === config.train) {
    throw new ConfigError('the split that measures int8 is the one that it is calibrated with', {
      where,
      expected: 'another split',
      got: name,
    });
  }
  const checked = await openDataWith(model.tokenizerFolder!, config, { terminal, signal });
  const { captionsFile, pairs } = checked;
  const isOfRun = run !== undefined && captions === undefined;
  if (isOfRun) requireData('captions', captionsFile, run, checked.captionsFingerprint);
  pairs.split(config.train);
  requireEnough(captionsFile, pairs.split(name));
  const data = await checked.decode();
  if (isOfRun) requireData('data', captionsFile, run, data.fingerprint);
  const gate = data.split(name);
  requireEnough(captionsFile, gate);
  return { calibration: data.split(config.train), gate };
}

/** A run's data without what the model says: how pictures are prepared and texts are read. */
function withoutPictures(data: object = {}): object {
  const ofModel = ['imageSize', 'resize', 'resizeTo', 'filter', 'normalise'];
  const entries = Object.entries(data).filter(
    ([name]) => ![...ofModel, 'maxTokens', 'tokenizer'].includes(name),
  );
  return Object.fromEntries(entries);
}

function requireEnough(where: string, { name, records }: PairSplit): void {
  if (records.length >= fewest) return;
  throw new DataError(`the split "${name}" has too few images to measure int8`, {
    where,
    expected: `at least ${fewest}: the loss of recall at 1 that is let pass is 0.01`,
    got: `${records.length}, where one image is ${(1 / records.length).toFixed(3)} of recall`,
    advice:
      'Name a larger split with --split, other data with --captions, or export float32 alone.',
  });
}
