import { resolve } from 'node:path';
import { ConfigError, type Fusion, type PairRecord, type PairSplit } from '@crossweave/core';
import { readJson } from '@crossweave/core/node';
import { taskOutputs } from '@crossweave/lab';
import type { Session } from '../command';
import { encode, towersOf } from './measure';
import type { PredictionLine } from './prediction-file';
import { correctionOf, trainedTask, type Trained } from './trained-task';

/** By the sides that a pair has. */
type Temperatures = Readonly<Record<'both' | 'image' | 'text', number>>;

/** How outputs become predictions. */
export interface PredictionSettings {
  readonly temperatures: Temperatures;
  readonly top: number;
  readonly abstain: number;
  /** Folder in which the features are kept; default none. */
  readonly store?: string | undefined;
}

/** What a model says of every pair of a split. */
export async function predictions(
  model: Trained,
  split: PairSplit,
  { temperatures, top, abstain, store }: PredictionSettings,
  session: Session,
): Promise<PredictionLine[]> {
  const pairs = split.records.flatMap(({ id, captions, missing }, row) =>
    captions.map((caption) => ({ id, row, caption, missing })),
  );
  const cache = await encode(towersOf(model), split, session, store);
  const outputs = await taskOutputs(trainedTask(model), cache, pairs, {
    signal: session.signal,
    ...correctionOf(model),
  });
  const width = model.task.outputs;
  return pairs.map(({ id, caption, missing }, i): PredictionLine => {
    const own = outputs.subarray(i * width, (i + 1) * width);
    const temperature = temperatures[present(missing)];
    const said = model.task.predict(
      model.task.logits ? own.map((value) => value / temperature) : own,
    );
    const { label, probability, probabilities } = said;
    const unsure = probability !== undefined && probability < abstain;
    return {
      id,
      caption,
      ...(missing !== undefined && { missing }),
      prediction: unsure ? null : label,
      ...(probability !== undefined && { probability }),
      ...(probabilities && top > 0 && { top: probabilities.slice(0, top) }),
      ...(unsure && { abstained: true }),
    };
  });
}

function present(missing: PairRecord['missing']): keyof Temperatures {
  if (missing === undefined) return 'both';
  return missing === 'image' ? 'text' : 'image';
}

/** @throws ConfigError where a record lacks a side that the fusion needs. */
export function requireSides(folder: string, fusion: Fusion, splits: readonly PairSplit[]): void {
  if (fusion.takesMissing === true) return;
  const records = splits.flatMap((split) => split.records);
  const lacking = records.find(({ missing }) => missing !== undefined);
  if (lacking === undefined) return;
  const count = records.filter(({ missing }) => missing !== undefined).length;
  throw new ConfigError(
    `${count} of ${records.length} records lack their image or their text, and the model needs both`,
    {
      where: folder,
      expected: 'an image and a text in every record, or a model that was trained to do without',
      got: `no ${lacking.missing!} in ${lacking.id}`,
      advice:
        'Train one that can: crossweave train … --set \'fusion.options.missing={"imageDropout":0.2,"textDropout":0.2}\' drops a fifth of the pictures and a fifth of the texts while training.',
    },
  );
}

/** Outputs as they are. */
export const uncalibrated: Temperatures = { both: 1, image: 1, text: 1 };

/** As `train` calibrated them on its validation split; 1 where it did not. */
export async function temperaturesOf(folder: string): Promise<Temperatures> {
  const results: unknown = await readJson(resolve(folder, 'results.json')).catch(() => undefined);
  const { calibration } = Object(results) as {
    calibration?: { temperature?: unknown; alone?: { image?: unknown; text?: unknown } };
  };
  const known = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 1);
  return {
    both: known(calibration?.temperature),
    image: known(calibration?.alone?.image),
    text: known(calibration?.alone?.text),
  };
}
