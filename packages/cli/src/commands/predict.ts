import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { writeFileAtomic } from '@crossweave/core/node';
import type { PairPrediction, Thresholds } from '@crossweave/lab';
import { openModel, type OpenModel } from '@crossweave/models';
import { requiredText, text, wholeNumber, type Command } from '../command';
import { dataFlags, dataSettings } from '../config/data-flags';
import { openDataWith, summaryOf } from '../config/open-data';
import { parseConfig } from '../config/parse';
import { engineOptions } from '../config/read-config';
import { trainSchema, type TrainConfig } from '../config/schema';
import { chooseEngine } from '../environment';
import { askedOf, type AskedPairs } from '../run/asked-pictures';
import { encodingBar } from '../run/measure';
import { predictionText } from '../run/prediction-file';
import { requireSides } from '../run/require-sides';
import { modelFolder } from '../run/save-trained';
import { readTrainedRun, requireTokenizer } from '../run/trained-run';
import { picturesOption } from '../use/use-model';

export const predict: Command = {
  name: 'predict',
  summary: 'Predicts the task of a trained model for new pairs, one line per pair.',
  options: {
    run: { type: 'string', value: 'DIR', summary: 'folder that crossweave train wrote' },
    captions: {
      type: 'string',
      value: 'FILE',
      summary: 'the pairs, some without image or caption if the model can; labels are not read',
    },
    pictures: {
      ...picturesOption,
      summary: 'or a folder of pictures, of each of which --ask is asked, if it is given',
    },
    ask: { type: 'string', value: 'TEXT', summary: 'the caption or question of every picture' },
    out: {
      type: 'string',
      value: 'FILE',
      summary: 'file that is written: CSV if it is named so, else JSONL',
    },
    top: {
      type: 'string',
      value: 'K',
      summary: 'classes that are told with their probability',
      default: '3',
    },
    abstain: {
      type: 'string',
      value: 'P',
      summary: 'say nothing below this probability, in [0, 1]',
    },
    'as-sampled': {
      type: 'boolean',
      summary: 'of a run with training.sampling: for classes as often as they were drawn',
    },
    'usual-threshold': {
      type: 'boolean',
      summary: 'of multi-label: classes above 0.5, not above the thresholds that train fitted',
    },
    ...dataFlags,
    ...engineOptions,
  },
  example: 'crossweave predict --run runs/vqa --captions new.jsonl --out answers.jsonl',
  async run(values, _positionals, session) {
    const { terminal, signal } = session;
    const folder = resolve(requiredText(predict, values, 'run'));
    const out = resolve(requiredText(predict, values, 'out'));
    const topK = wholeNumber(values, 'top', 0);
    const asSampled = values['as-sampled'] === true;
    const fittedThresholds = values['usual-threshold'] !== true;
    const abstain = shareOf(text(values, 'abstain'));
    await using asked = await askedOf(predict, values);
    const run = await readTrainedRun(folder);
    const config = parseConfig(
      trainSchema,
      { ...run.config, data: { ...ofNewPairs(run.config, asked), ...dataSettings(values) } },
      'crossweave predict',
    );
    requireTask(folder, run.config, { asSampled });
    await chooseEngine(values, session);
    await using model = await openFinished(folder);
    requireTokenizer(run, model.tokenizer!.fingerprint);
    const { temperatures, thresholds } = model.parts!.task!;
    if (!fittedThresholds) requireThresholds(folder, thresholds);
    const atThresholds = fittedThresholds && thresholds !== undefined;
    const checked = await openDataWith(model.tokenizerFolder!, config.data, {
      ...{ terminal, signal, incomplete: 'allow' },
    });
    requireSides(folder, model.parts!.fusion!.fusion, Object.values(checked.pairs.splits));
    const data = await checked.decode();
    const { featureStore } = config.data;
    const lines: PairPrediction[] = [];
    for (const split of Object.values(data.splits)) {
      const progress = encodingBar(terminal, split.name, featureStore);
      const options = { topK, abstain, asSampled, fittedThresholds, featureStore, signal };
      lines.push(...(await model.predict(split, { ...options, onProgress: progress.update })));
      progress.done();
    }
    const abstained = lines.filter((line) => line.abstained).length;
    await writeFileAtomic(out, predictionText(lines, out));
    terminal.line(`${lines.length} predictions, ${abstained} withheld: ${out}`);
    if (atThresholds) {
      terminal.note(
        'A class is given above the threshold that was fitted for it on the validation split; with --usual-threshold above that of the task’s options, 0.5 by default.',
      );
    }
    return {
      task: model.task!.name,
      predictions: lines.length,
      abstained,
      incomplete: lines.filter(({ missing }) => missing !== undefined).length,
      temperature: asSampled ? 1 : temperatures.both,
      ...(thresholds && { fittedThresholds }),
      out,
      load: summaryOf(data.report),
    };
  },
};

/** @throws ConfigError for a run without a task, and for `--as-sampled` where nothing was sampled. */
function requireTask(
  folder: string,
  { task, training }: TrainConfig,
  { asSampled }: { readonly asSampled: boolean },
): void {
  if (task === undefined) {
    throw new ConfigError('the run was not trained for a task', {
      where: folder,
      expected: 'a run of crossweave train --task NAME',
    });
  }
  if (!asSampled || (training.sampling ?? 'none') !== 'none') return;
  throw new ConfigError('--as-sampled means nothing to this run', {
    where: folder,
    expected: 'a run with training.sampling',
    got: 'one whose classes were drawn as the data has them',
  });
}

/** @throws ConfigError for `--usual-threshold` where no thresholds were fitted. */
function requireThresholds(folder: string, thresholds: Thresholds | undefined): void {
  if (thresholds !== undefined) return;
  throw new ConfigError('--usual-threshold means nothing to this run', {
    where: folder,
    expected: 'a run for multi-label with thresholds that were fitted on a validation split',
    got: 'one without such thresholds: predictions are at the usual one',
  });
}

/** The finished model of a run for a task. @throws DataError where the run has not ended. */
async function openFinished(folder: string): Promise<OpenModel> {
  if (!existsSync(modelFolder(folder))) {
    throw new DataError('the run has no finished model', {
      where: folder,
      advice: 'Let crossweave train finish: the same command goes on with the run.',
    });
  }
  return openModel(folder);
}

/** The settings of a run's data that hold for other pairs: not where labels and splits stand. */
function ofNewPairs({ data }: TrainConfig, { captions, made }: AskedPairs): object {
  // Of a file that was made here, the fields have their usual names.
  const { image, caption, id } = made ? {} : (data.columns ?? {});
  const columns = {
    ...(image !== undefined && { image }),
    ...(caption !== undefined && { caption }),
    ...(id !== undefined && { id }),
  };
  return { ...data, captions, columns, labels: undefined, sharedPictures: 'allow' };
}

function shareOf(given: string | undefined): number {
  if (given === undefined) return 0;
  const value = given.trim() === '' ? Number.NaN : Number(given);
  if (value >= 0 && value <= 1) return value;
  throw new ConfigError('--abstain must be a probability', {
    expected: 'a number from 0 to 1',
    got: given,
  });
}
