import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ConfigError, disposeParams, key as keyOf, subtree } from '@crossweave/core';
import { pairBatches } from '@crossweave/data';
import { createFusion } from '@crossweave/fusion';
import { createLoss } from '@crossweave/losses';
import {
  disposeState,
  freeze,
  jointModel,
  layerDecay,
  train as trainModel,
} from '@crossweave/trainer';
import { listCheckpoints, openRun, readRun } from '@crossweave/trainer/node';
import { Interrupted, requiredText, type Command } from '../command';
import { imageEncoderOf, optimizerOf, textEncoderOf } from '../config/build';
import { configNames } from '../config/names';
import { openData } from '../config/open-data';
import { trainPresets } from '../config/presets';
import { configOptions, readConfig } from '../config/read-config';
import { trainSchema, type TrainConfig } from '../config/schema';
import { initialWeights } from '../config/weights';
import { chooseEngine, environmentOf } from '../environment';
import { evaluateModel } from '../evaluate-model';

const checkpointEvery = 50;

export const train: Command = {
  name: 'train',
  summary: 'Trains one model end to end; run again, it goes on from its last checkpoint.',
  options: configOptions,
  example:
    'crossweave train --preset dual-encoder --captions scenes/captions.jsonl --out runs/dual',
  sections: () => configNames(trainPresets, trainSchema),
  async run(values, _positionals, session) {
    const { terminal, signal } = session;
    const out = requiredText(train, values, 'out');
    const config = await readConfig('crossweave train', values, trainSchema, trainPresets);
    await refuseOtherConfig(out, config);
    const engine = await chooseEngine(values, session);
    const data = await openData(config.data, out, terminal);
    const { training, image, text } = config;
    const { momentum, queue } = training.teacher ?? {};
    const parts = {
      image: imageEncoderOf(config.image, config.data.imageSize),
      text: textEncoderOf(config.text, data.tokenizer.vocabularySize),
      fusion: createFusion(config.fusion.name, config.fusion.options),
    };
    const model = jointModel(parts);
    const frozen = freeze(model, { image: image.freeze, text: text.freeze });
    const rateScale = layerDecay(model, {
      ...(image.layerDecay !== undefined && { 'image.': image.layerDecay }),
      ...(text.layerDecay !== undefined && { 'text.': text.layerDecay }),
    });
    const key = keyOf(config.seed);
    const batches = pairBatches(data.split(config.data.train), {
      batchSize: training.batchSize,
      negatives: training.negatives,
      key,
    });
    const test = data.split(config.data.test);

    // Before the folder is made: what cannot be loaded leaves no run behind.
    const isNew = (await listCheckpoints(join(out, 'checkpoints'))).length === 0;
    const initial = isNew
      ? await initialWeights({
          image: { config: image, encoder: parts.image },
          text: { config: text, encoder: parts.text },
        })
      : {};
    const run = await openRun(out, {
      description: {
        command: 'train',
        config,
        environment: environmentOf(engine),
        data: data.fingerprint,
      },
    });
    const start = await run.resume();
    if (start !== undefined) terminal.note(`Continuing after step ${start.step}.`);
    const progress = terminal.progress('Training');
    const state = await trainModel({
      model,
      loss: createLoss(training.loss.name, training.loss.options),
      optimizer: optimizerOf(training, rateScale),
      frozen,
      recompute: training.recompute,
      ...(momentum !== undefined && {
        teacher: { momentum, ...(queue !== undefined && { queue }) },
      }),
      initial,
      data: batches,
      steps: training.steps,
      key,
      signal,
      ...(start && { start }),
      checkpoint: run.checkpoint,
      checkpointEvery,
      log: (record) => {
        run.log(record);
        if (record.kind === 'step') {
          progress.update(record.step, training.steps, `loss ${record.loss.toFixed(3)}`);
        }
      },
    });
    if (start !== undefined) disposeState(start);
    disposeParams(initial);
    try {
      if (state.interrupted) {
        throw new Interrupted(
          `Stopped after step ${state.step} of ${training.steps}. The same command continues there.`,
        );
      }
      progress.done();
      const metrics = await evaluateModel({
        split: test,
        ...parts,
        params: (part) => subtree(state.params, `${part}.`),
        terminal,
        signal,
      });
      terminal.line(`Run: ${resolve(out)}`);
      return { steps: state.step, skipped: state.skipped, split: test.name, metrics };
    } finally {
      disposeState(state);
    }
  },
};

/** @throws ConfigError when the folder holds a run of another config: going on would mix the two. */
async function refuseOtherConfig(out: string, config: TrainConfig): Promise<void> {
  if (!existsSync(join(out, 'run.json'))) return;
  const record = await readRun(out);
  const earlier =
    typeof record === 'object' && record !== null && 'config' in record ? record.config : undefined;
  if (isDeepStrictEqual(earlier, JSON.parse(JSON.stringify(config)))) return;
  throw new ConfigError('the folder holds a run of another config', {
    where: out,
    advice: 'Choose another --out, or remove the folder.',
  });
}
