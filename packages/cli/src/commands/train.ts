import { resolve } from 'node:path';
import { ConfigError, disposeParams, type FittedTask, type PairSplit } from '@crossweave/core';
import { lockFolder } from '@crossweave/core/node';
import { optimizers, schedules } from '@crossweave/trainer';
import { holdsSteps, openRun, requireSameRun } from '@crossweave/trainer/node';
import { requiredText, text, type Command } from '../command';
import { requireNoConflict } from '../config/conflicts';
import { configNames } from '../config/names';
import { openData, sourceOf, summaryOf } from '../config/open-data';
import { trainPresets } from '../config/presets';
import { picturesOtherwise } from '../config/pictures-of-model';
import { modelOf, namesModel, weightsFrom, withModel } from '../config/model';
import { parseConfig } from '../config/parse';
import { configOptions, readGiven, type GivenConfig } from '../config/read-config';
import { trainSchema, type TrainConfig } from '../config/schema';
import { requireStreamable } from '../config/stream';
import { requireItsPictures, requireItsTokenizer } from '../config/weights';
import { notesOfLabels, taskOf } from '../config/tasks';
import { chooseEngine, environmentOf } from '../environment';
import { requireFolderOf } from '../run/folder-kind';
import { configIdentity } from '../run/identity';
import { checkLoggers, loggerFlags, withLoggers } from '../run/loggers';
import { measureSteps } from '../run/measure-steps';
import { showPlan } from '../run/show-plan';
import { countsOf, noteOfStream, openStream } from '../run/stream';
import { checkTraining, initialOf, modelParts, stepOptions } from '../run/training';
import { trainRun } from '../run/train-run';
import { trainingNotes } from '../run/training-notes';
import type { Terminal } from '../terminal';

export const train: Command = {
  name: 'train',
  summary: 'Trains one model end to end; run again, it goes on from its last checkpoint.',
  options: {
    ...configOptions,
    stream: {
      type: 'string',
      value: 'PATH',
      summary:
        'training pairs that are read while they are used: shards, addresses; see the README',
    },
    'dry-run': {
      type: 'boolean',
      summary: 'print the plan: parameters, rates, steps; nothing is decoded, trained or written',
    },
    measure: {
      type: 'boolean',
      summary: 'with --dry-run: take a few steps on black pictures, and tell time and memory',
    },
    ...loggerFlags,
    extend: {
      type: 'string',
      value: 'STEPS',
      summary: 'train a finished run on, to so many steps',
    },
  },
  example:
    'crossweave train --preset dual-encoder --captions scenes/captions.jsonl --out runs/dual',
  sections: () =>
    configNames(trainPresets, trainSchema, {
      Optimizers: Object.keys(optimizers),
      Schedules: Object.keys(schedules),
    }),
  async run(values, _positionals, session) {
    const { terminal, signal } = session;
    checkLoggers(values);
    const dryRun = values['dry-run'] === true;
    const isMeasuring = values['measure'] === true;
    if (isMeasuring && !dryRun) throw measuresAlone();
    const out = resolve(dryRun ? (text(values, 'out') ?? '.') : requiredText(train, values, 'out'));
    const given = await readGiven('crossweave train', values, trainPresets);
    const plain = namesModel(given.config) ? undefined : checkedConfig(given);
    const extended = text(values, 'extend');
    // First what is known soonest: no picture is decoded for a command that cannot go on.
    if (!dryRun) await requireFolderOf('train', out);
    const goesOn = !dryRun && (await holdsSteps(out));
    if (plain !== undefined && goesOn) await requireSameRun(out, configIdentity('train', plain));
    const engine = await chooseEngine(values, session, goesOn ? out : undefined);
    // The weights become tensors of the engine.
    using model = await modelOf(given.config);
    model?.notes.forEach((note) => terminal.note(note));
    if (model) picturesOtherwise(given.config, model).forEach((note) => terminal.note(note));
    const written = plain ?? checkedConfig({ ...given, config: withModel(given.config, model!) });
    const config = extended === undefined ? written : withSteps(written, extended);
    // A run that is extended is the run that was written down.
    const known = configIdentity('train', written);
    if (plain === undefined && goesOn) await requireSameRun(out, known);
    const checked = await openData(config.data, {
      terminal,
      signal,
      folder: out,
      onCaptions: async (captions) => {
        if (goesOn) await requireSameRun(out, { captions });
      },
    });
    const parts = modelParts(config, checked.pairs.tokenizer);
    const stream = config.data.stream && (await openStream(config, checked.pairs, signal));
    if (stream !== undefined && goesOn) await requireSameRun(out, { stream: stream.fingerprint });
    const task =
      stream === undefined
        ? labelled(config, checked.pairs.split(config.data.train), terminal)
        : undefined;
    const step = stepOptions(config, parts, task);
    const unread = await checkTraining(config, checked.pairs, step, { task, signal });
    const notes = [...unread, ...trainingNotes(config, step.optimizer)];
    notes.forEach((each) => terminal.note(each));
    if (isMeasuring && stream !== undefined) throw streamUnmeasured();
    if (dryRun) {
      const measured = isMeasuring
        ? await measureSteps(config, checked.pairs, step, signal)
        : undefined;
      return showPlan(config, checked.pairs, step, terminal, measured);
    }

    const initial = goesOn
      ? {}
      : await initialOf(config, parts, model && weightsFrom(given.config, model));
    try {
      await using lock = await lockFolder(out);
      await requireFolderOf('train', out);
      const logged = { folder: lock.path, config, terminal };
      return await withLoggers(values, logged, async (loggers) => {
        const data = await checked.decode();
        const { tokenizer, featureStore } = config.data;
        await using run = await openRun(out, {
          ...{ lock, loggers },
          identity: {
            ...known,
            captions: checked.captionsFingerprint,
            data: data.fingerprint,
            tokenizer: data.tokenizer.fingerprint,
            ...(stream && { stream: stream.fingerprint }),
          },
          description: {
            paths: {
              captions: checked.captionsFile,
              tokenizer,
              ...(stream && { stream: stream.files.map(sourceOf) }),
              // For what `eval` and `predict` encode by the trained towers.
              ...(featureStore !== undefined && { featureStore: resolve(featureStore) }),
            },
            environment: environmentOf(engine),
            load: summaryOf(data.report),
            ...(task && { task: task.facts }),
          },
        });
        const { keepTokenizer } = checked;
        const result = await trainRun(
          {
            ...{ config, data, stream, parts, task, step, initial, run, keepTokenizer },
            extend: extended !== undefined,
          },
          session,
        );
        const left = stream && noteOfStream(stream);
        if (left !== undefined) terminal.note(left);
        terminal.line(`Run: ${out}`);
        return {
          ...result,
          load: summaryOf(data.report),
          ...(stream && { stream: countsOf(stream) }),
        };
      });
    } finally {
      disposeParams(initial);
    }
  },
};

/** The task of a config as the labels of its training split have it; tells what a reader must know of these. */
function labelled(
  config: TrainConfig,
  split: PairSplit,
  terminal: Terminal,
): FittedTask | undefined {
  const task = taskOf(config, split);
  if (task !== undefined) notesOfLabels(split, task).forEach((note) => terminal.note(note));
  return task;
}

function streamUnmeasured(): ConfigError {
  return new ConfigError('--measure takes steps on a training split, and a stream has none', {
    where: 'crossweave train',
    advice: 'Measure with a small captions file in the place of --stream.',
  });
}

function measuresAlone(): ConfigError {
  return new ConfigError('--measure belongs to --dry-run', {
    where: 'crossweave train',
    advice:
      'Add --dry-run, or leave --measure out: a run prints its rate and the time left itself.',
  });
}

/** The same config with more steps, its schedule with them. */
function withSteps(config: TrainConfig, extended: string): TrainConfig {
  const steps = Number(extended);
  if (!Number.isSafeInteger(steps) || steps < config.training.steps) {
    throw new ConfigError('--extend says how many steps the run is to have in all', {
      where: 'crossweave train',
      expected: `a whole number of at least ${config.training.steps}, the steps of the config`,
      got: extended,
    });
  }
  return { ...config, training: { ...config.training, steps } };
}

function checkedConfig({ config, source }: GivenConfig): TrainConfig {
  const checked = parseConfig(trainSchema, config, source);
  requireItsTokenizer(checked);
  requireItsPictures(checked);
  requireStreamable(checked);
  requireNoConflict(checked);
  return checked;
}
