import { resolve } from 'node:path';
import { ConfigError, disposeParams, type PairSplit } from '@crossweave/core';
import { readJson, writeFileAtomic } from '@crossweave/core/node';
import { taskOutputs } from '@crossweave/lab';
import { checkState, disposeState, usableParams } from '@crossweave/trainer';
import { requiredText, text, wholeNumber, type Command, type Session } from '../command';
import { dataFlags, dataSettings } from '../config/data-flags';
import { openDataWith, summaryOf } from '../config/open-data';
import { parseConfig } from '../config/parse';
import { engineOptions } from '../config/read-config';
import { trainSchema, type TrainConfig } from '../config/schema';
import { restoredTask } from '../config/tasks';
import { chooseEngine } from '../environment';
import { encode } from '../run/measure';
import { askedOf, type AskedPairs } from '../run/asked-pictures';
import { predictionText, type PredictionLine } from '../run/prediction-file';
import { checkpointOf, readTrainedRun, requireTokenizer } from '../run/trained-run';
import { trainedTask, type Trained } from '../run/trained-task';
import { picturesOption } from '../use/use-model';
import { modelParts, stepOptions } from '../run/training';

export const predict: Command = {
  name: 'predict',
  summary: 'Predicts the task of a trained model for new pairs, one line per pair.',
  options: {
    run: { type: 'string', value: 'DIR', summary: 'folder that crossweave train wrote' },
    captions: { type: 'string', value: 'FILE', summary: 'the pairs; labels are not read' },
    pictures: {
      ...picturesOption,
      summary: 'or a folder of pictures, of each of which --ask is asked',
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
    ...dataFlags,
    ...engineOptions,
  },
  example: 'crossweave predict --run runs/vqa --captions new.jsonl --out answers.jsonl',
  async run(values, _positionals, session) {
    const { terminal, signal } = session;
    const folder = resolve(requiredText(predict, values, 'run'));
    const out = resolve(requiredText(predict, values, 'out'));
    const top = wholeNumber(values, 'top', 0);
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
    await chooseEngine(values, session);
    const checked = await openDataWith(run.tokenizerFolder, config.data, { terminal, signal });
    const { tokenizer } = checked.pairs;
    requireTokenizer(run, tokenizer.fingerprint);
    const parts = modelParts(config, tokenizer);
    const { model, loss, optimizer } = stepOptions(config, parts, task);
    const state = await checkpointOf(folder, run);
    const params = usableParams(state, optimizer);
    try {
      await checkState({ model, loss }, state, folder);
      const data = await checked.decode();
      const temperature = await temperatureOf(folder);
      const trained = { parts, params, task };
      const lines: PredictionLine[] = [];
      for (const split of Object.values(data.splits)) {
        const settings = { temperature, top, abstain };
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
        temperature,
        out,
        load: summaryOf(data.report),
      };
    } finally {
      disposeParams(params);
      disposeState(state);
    }
  },
};

interface Settings {
  readonly temperature: number;
  readonly top: number;
  readonly abstain: number;
}

async function predictions(
  model: Trained,
  split: PairSplit,
  { temperature, top, abstain }: Settings,
  session: Session,
): Promise<PredictionLine[]> {
  const pairs = split.records.flatMap(({ id, captions }, row) =>
    captions.map((caption) => ({ id, row, caption })),
  );
  const cache = await encode(model, split, session);
  const outputs = await taskOutputs(trainedTask(model), cache, pairs, {
    signal: session.signal,
    ...(model.task.logits && { temperature }),
  });
  const width = model.task.outputs;
  return pairs.map(({ id, caption }, i): PredictionLine => {
    const said = model.task.predict(outputs.subarray(i * width, (i + 1) * width));
    const { label, probability, probabilities } = said;
    const unsure = probability !== undefined && probability < abstain;
    return {
      id,
      caption,
      prediction: unsure ? null : label,
      ...(probability !== undefined && { probability }),
      ...(probabilities && top > 0 && { top: probabilities.slice(0, top) }),
      ...(unsure && { abstained: true }),
    };
  });
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

/** As `train` calibrated it on its validation split; 1 where it did not. */
async function temperatureOf(folder: string): Promise<number> {
  const results: unknown = await readJson(resolve(folder, 'results.json')).catch(() => undefined);
  const { calibration } = Object(results) as { calibration?: { temperature?: unknown } };
  const temperature = calibration?.temperature;
  return typeof temperature === 'number' && temperature > 0 ? temperature : 1;
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
