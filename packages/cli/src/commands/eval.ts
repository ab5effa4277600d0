import { resolve } from 'node:path';
import { disposeParams } from '@crossweave/core';
import { requireOneOf } from '@crossweave/core/authoring';
import { representationNames, type RepresentationName } from '@crossweave/lab';
import { checkState, disposeState, usableParams } from '@crossweave/trainer';
import { requiredText, text, type Command } from '../command';
import { dataFlags, dataSettings } from '../config/data-flags';
import { openDataWith, sourceOf, summaryOf } from '../config/open-data';
import { parseConfig } from '../config/parse';
import { trainSchema } from '../config/schema';
import { restoredTask } from '../config/tasks';
import { chooseEngine } from '../environment';
import { evaluateModel } from '../run/evaluate-model';
import { figuresOf, measurable, measure, tableOf, type Representations } from '../run/measure';
import { calibrationOf } from '../run/thresholds';
import { checkpointOf, readTrainedRun, requireData, requireTokenizer } from '../run/trained-run';
import { modelParts, stepOptions } from '../run/training';
import { modelOptions } from '../use/use-model';

export const evaluate: Command = {
  name: 'eval',
  summary:
    'Measures a model on a split: the task of a run, or retrieval, and matching with negatives.',
  options: {
    run: { type: 'string', value: 'DIR', summary: 'folder that crossweave train wrote' },
    ...modelOptions,
    model: {
      type: 'string',
      value: 'FROM',
      summary: 'or a checkpoint, a hub id, an export, a run’s finished model; takes --captions',
    },
    split: {
      type: 'string',
      value: 'NAME',
      summary: 'default: the test split of the run, or test',
    },
    captions: { type: 'string', value: 'FILE', summary: 'other data than the run was made on' },
    best: { type: 'boolean', summary: 'the best state by training.evaluate.best, not the last' },
    representations: {
      type: 'string',
      value: 'NAMES',
      summary: `also these figures of representations, by commas: all, ${representationNames.join(', ')}`,
    },
    ...dataFlags,
  },
  example: 'crossweave eval --run runs/dual --split val',
  async run(values, _positionals, session) {
    const { terminal, signal } = session;
    const representations = representationsOf(text(values, 'representations'));
    if (text(values, 'model') !== undefined) {
      return evaluateModel(evaluate, values, session, { representations });
    }
    const folder = resolve(requiredText(evaluate, values, 'run'));
    const run = await readTrainedRun(folder);
    const other = text(values, 'captions');
    const config = parseConfig(
      trainSchema,
      {
        ...run.config,
        data: {
          ...run.config.data,
          ...dataSettings(values),
          ...(other !== undefined && { captions: sourceOf(other) }),
        },
      },
      'crossweave eval',
    );
    await chooseEngine(values, session);
    const checked = await openDataWith(run.tokenizerFolder, config.data, { terminal, signal });
    const { tokenizer } = checked.pairs;
    requireTokenizer(run, tokenizer.fingerprint);
    const splitName = text(values, 'split') ?? config.data.test;
    checked.pairs.split(splitName);
    if (other === undefined) {
      requireData('captions', checked.captionsFile, run, checked.captionsFingerprint);
    }
    const parts = modelParts(config, tokenizer);
    const task = restoredTask(config, run.task);
    const state = await checkpointOf(folder, run, values['best'] === true);
    try {
      const { model, loss, optimizer } = stepOptions(config, parts, task);
      await checkState({ model, loss }, state, folder);
      const data = await checked.decode();
      if (other === undefined) requireData('data', checked.captionsFile, run, data.fingerprint);
      const ofTheRun = data.fingerprint === run.fingerprints.data;
      if (!ofTheRun) {
        terminal.line(`Other data than the run was made on: ${checked.captionsFile}`);
      } else if (splitName === config.data.train && splitName !== config.data.test) {
        terminal.note(`The model was trained on "${splitName}".`);
      }
      const train = Object.hasOwn(data.splits, config.data.train)
        ? data.split(config.data.train)
        : undefined;
      const params = usableParams(state, optimizer);
      const { sampling } = config.training;
      const options = { representations, store: config.data.featureStore };
      const fitted = task?.thresholds && (await calibrationOf(folder));
      const calibration = fitted?.steps === state.step ? fitted : undefined;
      const trained = measurable({ parts, params, sampling, ...(task && { task }) }, calibration);
      const measurement = await measure(
        ...([trained, data.split(splitName), train, session, options] as const),
      ).finally(() => disposeParams(params));
      terminal.line(`Split "${splitName}", after step ${state.step}:`);
      terminal.line(tableOf(measurement));
      if (fitted?.thresholds !== undefined && measurement.atThresholds === undefined) {
        const { split, steps } = fitted;
        terminal.note(
          `No figures are told at thresholds: they were fitted on "${split}" after step ${steps}.`,
        );
      }
      const { fingerprint } = data;
      return {
        step: state.step,
        split: splitName,
        data: { captions: checked.captionsFile, fingerprint, ofTheRun },
        ...figuresOf(measurement),
        load: summaryOf(data.report),
      };
    } finally {
      disposeState(state);
    }
  },
};

/** @throws ConfigError for a name that is not known, which names the nearest. */
function representationsOf(given: string | undefined): Representations | undefined {
  if (given === undefined || given === 'all') return given;
  const names = given.split(',').map((name) => name.trim());
  for (const name of names) {
    requireOneOf('crossweave eval', '--representations', name, representationNames);
  }
  return names as RepresentationName[];
}
