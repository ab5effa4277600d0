import { resolve } from 'node:path';
import { disposeParams } from '@crossweave/core';
import { lockFolder } from '@crossweave/core/node';
import { holdsSteps, openRun, requireSameRun } from '@crossweave/trainer/node';
import { requiredText, type Command } from '../command';
import { configNames } from '../config/names';
import { openData, summaryOf } from '../config/open-data';
import { trainPresets } from '../config/presets';
import { modelOf, namesModel, weightsFrom, withModel } from '../config/model';
import { parseConfig } from '../config/parse';
import { configOptions, readGiven, type GivenConfig } from '../config/read-config';
import { trainSchema, type TrainConfig } from '../config/schema';
import { requireItsTokenizer } from '../config/weights';
import { taskOf } from '../config/tasks';
import { chooseEngine, environmentOf } from '../environment';
import { configIdentity } from '../run/identity';
import { checkTraining, initialOf, modelParts, stepOptions } from '../run/training';
import { trainRun } from '../run/train-run';

export const train: Command = {
  name: 'train',
  summary: 'Trains one model end to end; run again, it goes on from its last checkpoint.',
  options: {
    ...configOptions,
    model: {
      type: 'string',
      value: 'FROM',
      summary: 'begin with a checkpoint: a folder, a hub id, or the folder of a run',
    },
  },
  example:
    'crossweave train --preset dual-encoder --captions scenes/captions.jsonl --out runs/dual',
  sections: () => configNames(trainPresets, trainSchema),
  async run(values, _positionals, session) {
    const { terminal, signal } = session;
    const out = resolve(requiredText(train, values, 'out'));
    const given = await readGiven('crossweave train', values, trainPresets);
    const plain = namesModel(given.config) ? undefined : checkedConfig(given);
    // First what is known soonest: no picture is decoded for a command that cannot go on.
    const goesOn = await holdsSteps(out);
    if (plain !== undefined && goesOn) await requireSameRun(out, configIdentity('train', plain));
    const engine = await chooseEngine(values, session);
    // The weights become tensors of the engine.
    using model = await modelOf(given.config);
    model?.notes.forEach((note) => terminal.note(note));
    const config = plain ?? checkedConfig({ ...given, config: withModel(given.config, model!) });
    const known = configIdentity('train', config);
    if (goesOn) await requireSameRun(out, known);
    const checked = await openData(config.data, {
      terminal,
      signal,
      folder: out,
      onCaptions: async (captions) => {
        if (goesOn) await requireSameRun(out, { captions });
      },
    });
    const parts = modelParts(config, checked.pairs.tokenizer);
    const task = taskOf(config, checked.pairs.split(config.data.train));
    const step = stepOptions(config, parts, task);
    await checkTraining(config, checked.pairs, step);

    const initial = goesOn
      ? {}
      : await initialOf(config, parts, model && weightsFrom(given.config, model));
    try {
      await using lock = await lockFolder(out);
      const data = await checked.decode();
      await using run = await openRun(out, {
        lock,
        identity: {
          ...known,
          captions: checked.captionsFingerprint,
          data: data.fingerprint,
          tokenizer: data.tokenizer.fingerprint,
        },
        description: {
          paths: { captions: checked.captionsFile, tokenizer: config.data.tokenizer },
          environment: environmentOf(engine),
          load: summaryOf(data.report),
          ...(task && { task: task.facts }),
        },
      });
      const { keepTokenizer } = checked;
      const result = await trainRun(
        { config, data, parts, task, step, initial, run, keepTokenizer },
        session,
      );
      terminal.line(`Run: ${out}`);
      return { ...result, load: summaryOf(data.report) };
    } finally {
      disposeParams(initial);
    }
  },
};

function checkedConfig({ config, source }: GivenConfig): TrainConfig {
  const checked = parseConfig(trainSchema, config, source);
  requireItsTokenizer(checked);
  return checked;
}
