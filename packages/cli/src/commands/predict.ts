import { resolve } from 'node:path';
import { ConfigError, disposeParams } from '@crossweave/core';
import { writeFileAtomic } from '@crossweave/core/node';
import { checkState, disposeState, usableParams } from '@crossweave/trainer';
import { requiredText, text, wholeNumber, type Command } from '../command';
import { dataFlags, dataSettings } from '../config/data-flags';
import { openDataWith, summaryOf } from '../config/open-data';
import { parseConfig } from '../config/parse';
import { engineOptions } from '../config/read-config';
import { trainSchema, type TrainConfig } from '../config/schema';
import { restoredTask } from '../config/tasks';
import { chooseEngine } from '../environment';
import { askedOf, type AskedPairs } from '../run/asked-pictures';
import { predictionText, type PredictionLine } from '../run/prediction-file';
import { predictions, requireSides, temperaturesOf, uncalibrated } from '../run/predictions';
import { checkpointOf, readTrainedRun, requireTokenizer } from '../run/trained-run';
import { picturesOption } from '../use/use-model';
import type { Trained } from '../run/trained-task';
import { modelParts, stepOptions } from '../run/training';

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
    ...dataFlags,
    ...engineOptions,
  },
  example: 'crossweave predict --run runs/vqa --captions new.jsonl --out answers.jsonl',
  async run(values, _positionals, session) {
    const { terminal, signal } = session;
    const folder = resolve(requiredText(predict, values, 'run'));
    const out = resolve(requiredText(predict, values, 'out'));
    const top = wholeNumber(values, 'top', 0);
    const asSampled = values['as-sampled'] === true;
    const abstain = shareOf(text(values, 'abstain'));
    await using asked = await askedOf(predict, values);
    const run = await readTrainedRun(folder);
    const task = restoredTask(run.config, run.task);
    if (task === undefined) {
      throw new ConfigError('the run was not trained for a task', {
        where: folder,
        expected: 'a run of crossweave train --task NAME',
      });
    }
    const config = parseConfig(
      trainSchema,
      { ...run.config, data: { ...ofNewPairs(run.config, asked), ...dataSettings(values) } },
      'crossweave predict',
    );
    const { sampling = 'none' } = config.training;
    if (asSampled && sampling === 'none') {
      throw new ConfigError('--as-sampled means nothing to this run', {
        where: folder,
        expected: 'a run with training.sampling',
        got: 'one whose classes were drawn as the data has them',
      });
    }
    await chooseEngine(values, session);
    const checked = await openDataWith(run.tokenizerFolder, config.data, {
      ...{ terminal, signal, incomplete: 'allow' },
    });
    const { tokenizer } = checked.pairs;
    requireTokenizer(run, tokenizer.fingerprint);
    const parts = modelParts(config, tokenizer);
    requireSides(folder, parts.fusion, Object.values(checked.pairs.splits));
    const { model, loss, optimizer } = stepOptions(config, parts, task);
    const state = await checkpointOf(folder, run);
    const params = usableParams(state, optimizer);
    try {
      await checkState({ model, loss }, state, folder);
      const data = await checked.decode();
      const temperatures = asSampled ? uncalibrated : await temperaturesOf(folder);
      const trained: Trained = {
        ...{ parts, params, task, sampling: asSampled ? 'none' : sampling },
      };
      const settings = { temperatures, top, abstain, store: config.data.featureStore };
      const lines: PredictionLine[] = [];
      for (const split of Object.values(data.splits)) {
        lines.push(...(await predictions(trained, split, settings, session)));
      }
      const abstained = lines.filter((line) => line.abstained === true).length;
      await writeFileAtomic(out, predictionText(lines, out));
      terminal.line(`${lines.length} predictions, ${abstained} withheld: ${out}`);
      return {
        step: state.step,
        task: task.name,
        predictions: lines.length,
        abstained,
        incomplete: lines.filter(({ missing }) => missing !== undefined).length,
        temperature: temperatures.both,
        out,
        load: summaryOf(data.report),
      };
    } finally {
      disposeParams(params);
      disposeState(state);
    }
  },
};

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
