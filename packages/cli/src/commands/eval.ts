import { resolve } from 'node:path';
import { ConfigError, DataError, subtree } from '@crossweave/core';
import { createFusion } from '@crossweave/fusion';
import { disposeState } from '@crossweave/trainer';
import { loadCheckpoint, readRun } from '@crossweave/trainer/node';
import { requiredText, text, type Command } from '../command';
import { imageEncoderOf, textEncoderOf } from '../config/build';
import { openData } from '../config/open-data';
import { parseConfig } from '../config/parse';
import { configOptions } from '../config/read-config';
import { trainSchema } from '../config/schema';
import { chooseEngine } from '../environment';
import { evaluateModel } from '../evaluate-model';

const { engine } = configOptions;

export const evaluate: Command = {
  name: 'eval',
  summary:
    'Measures a trained model on a split: retrieval, and matching where there are negatives.',
  options: {
    run: { type: 'string', value: 'DIR', summary: 'folder that crossweave train wrote' },
    split: { type: 'string', value: 'NAME', summary: 'default: the test split of the run' },
    captions: { type: 'string', value: 'FILE', summary: 'other data than the run was made on' },
    ...(engine && { engine }),
  },
  example: 'crossweave eval --run runs/dual --split val',
  async run(values, _positionals, session) {
    const { terminal, signal } = session;
    const folder = requiredText(evaluate, values, 'run');
    const record = await readRun(folder);
    const config = parseConfig(trainSchema, configOf(record, folder), `${folder}/run.json`);
    await chooseEngine(values, session);
    const captions = text(values, 'captions') ?? config.data.captions;
    const data = await openData({ ...config.data, captions }, folder, terminal);
    const split = data.split(text(values, 'split') ?? config.data.test);
    const state = await loadCheckpoint(resolve(folder, 'checkpoints'));
    if (state === undefined) {
      throw new DataError('the run has no checkpoint', {
        where: folder,
        advice: 'Let crossweave train finish, or continue it.',
      });
    }
    try {
      const metrics = await evaluateModel({
        split,
        image: imageEncoderOf(config.image, config.data.imageSize),
        text: textEncoderOf(config.text, data.tokenizer.vocabularySize),
        fusion: createFusion(config.fusion.name, config.fusion.options),
        params: (part) => subtree(state.params, `${part}.`),
        terminal,
        signal,
      });
      return { step: state.step, split: split.name, metrics };
    } finally {
      disposeState(state);
    }
  },
};

/** The training config of a run record. */
function configOf(record: unknown, folder: string): unknown {
  if (typeof record === 'object' && record !== null && 'config' in record && 'command' in record) {
    if (record.command === 'train') return record.config;
  }
  throw new ConfigError('this is not the folder of a training run', {
    where: folder,
    expected: 'a run.json that crossweave train wrote',
  });
}
