import { resolve } from 'node:path';
import { DataError } from '@crossweave/core';
import { checkState, disposeState } from '@crossweave/trainer';
import { requiredText, text, type Command } from '../command';
import { dataFlags, dataSettings } from '../config/data-flags';
import { openDataWith, summaryOf } from '../config/open-data';
import { parseConfig } from '../config/parse';
import { configOptions } from '../config/read-config';
import { trainSchema } from '../config/schema';
import { restoredTask } from '../config/tasks';
import { chooseEngine } from '../environment';
import { figuresOf, measure, tableOf } from '../run/measure';
import {
  checkpointOf,
  readTrainedRun,
  requireTokenizer,
  type TrainedRun,
} from '../run/trained-run';
import { modelParts, stepOptions } from '../run/training';

const { engine } = configOptions;

export const evaluate: Command = {
  name: 'eval',
  summary:
    'Measures a trained model on a split: its task, or retrieval, and matching with negatives.',
  options: {
    run: { type: 'string', value: 'DIR', summary: 'folder that crossweave train wrote' },
    split: { type: 'string', value: 'NAME', summary: 'default: the test split of the run' },
    captions: { type: 'string', value: 'FILE', summary: 'other data than the run was made on' },
    ...dataFlags,
    ...(engine && { engine }),
  },
  example: 'crossweave eval --run runs/dual --split val',
  async run(values, _positionals, session) {
    const { terminal, signal } = session;
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
          ...(other !== undefined && { captions: resolve(other) }),
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
    const state = await checkpointOf(folder, run);
    try {
      const { model, loss } = stepOptions(config, parts, task);
      await checkState({ model, loss }, state, folder);
      const data = await checked.decode();
      if (other === undefined) requireData('data', checked.captionsFile, run, data.fingerprint);
      const ofTheRun = data.fingerprint === run.fingerprints.data;
      if (!ofTheRun) {
        terminal.line(`Other data than the run was made on: ${checked.captionsFile}`);
      }
      const train = Object.hasOwn(data.splits, config.data.train)
        ? data.split(config.data.train)
        : undefined;
      const trained = { parts, params: state.params, ...(task && { task }) };
      const measurement = await measure(trained, data.split(splitName), train, session);
      terminal.line(`Split "${splitName}", after step ${state.step}:`);
      terminal.line(tableOf(measurement));
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

function requireData(
  what: 'captions' | 'data',
  where: string,
  { fingerprints }: TrainedRun,
  got: string,
): void {
  if (got === fingerprints[what]) return;
  const named = what === 'captions' ? 'the captions' : 'the pictures or false captions';
  throw new DataError(`${named} changed since the run was made`, {
    where,
    expected: `the fingerprint ${fingerprints[what]}`,
    got,
    advice: `Put the original back. To measure on other data, name it: --captions ${where}`,
  });
}
