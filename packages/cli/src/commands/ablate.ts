import { join, resolve } from 'node:path';
import { ConfigError } from '@crossweave/core';
import { writeJsonAtomic } from '@crossweave/core/node';
import { pairBatches, type PairDataset } from '@crossweave/data';
import { createFusion } from '@crossweave/fusion';
import { compareFusions, writeReport, type AblationResults } from '@crossweave/lab';
import { createLoss } from '@crossweave/losses';
import { Interrupted, requiredText, type Command } from '../command';
import { imageEncoderOf, optimizerOf, textEncoderOf } from '../config/build';
import { sizeArms } from '../config/match-arms';
import { configNames } from '../config/names';
import { openData } from '../config/open-data';
import { ablationPresets } from '../config/presets';
import { configOptions, readConfig } from '../config/read-config';
import { ablationSchema, type AblationConfig } from '../config/schema';
import { chooseEngine, environmentOf } from '../environment';
import { followComparison } from '../follow-comparison';
import { resultsTable } from '../results-table';

export const ablate: Command = {
  name: 'ablate',
  summary: 'Compares fusions over seeds: same data, same towers, same batches.',
  options: configOptions,
  example:
    'crossweave ablate --preset quickstart --captions scenes/captions.jsonl --out runs/first',
  sections: () => configNames(ablationPresets, ablationSchema),
  async run(values, _positionals, session) {
    const { terminal, signal } = session;
    const out = requiredText(ablate, values, 'out');
    const config = await readConfig('crossweave ablate', values, ablationSchema, ablationPresets);
    const engine = await chooseEngine(values, session);
    const data = await openData(config.data, out, terminal);

    const { notes, ...parts } = partsOf(config, data);
    for (const note of notes) terminal.note(note);
    const end = await compareFusions({
      ...parts,
      out,
      signal,
      onProgress: followComparison(terminal),
    });
    if (end.interrupted) {
      throw new Interrupted('Stopped. The same command continues where it left off.');
    }
    const environment = environmentOf(engine);
    await writeJsonAtomic(join(out, 'run.json'), {
      command: 'ablate',
      config,
      environment,
      data: data.fingerprint,
      ...(notes.length > 0 && { matched: notes }),
    });
    await writeReport(out, {
      title: `Fusions on ${config.data.captions}`,
      results: end.results,
      trials: end.trials,
      environment,
      config,
    });
    terminal.line(resultsTable(end.results));
    terminal.line(`\nReport: ${resolve(out, 'report.html')}`);
    return end.results satisfies AblationResults;
  },
};

/** Builds what a config names. */
export function partsOf(config: AblationConfig, data: PairDataset) {
  const { towers, fusion: phase } = config;
  if (Object.keys(config.arms).length === 0) {
    throw new ConfigError('there is nothing to compare', {
      where: 'arms',
      expected: 'at least one fusion',
    });
  }
  const train = data.split(config.data.train);
  const image = imageEncoderOf(config.image, config.data.imageSize);
  const text = textEncoderOf(config.text, data.tokenizer.vocabularySize);
  const arms = sizeArms(config.arms, {
    image: image.features,
    text: text.features,
    textTokens: config.data.maxTokens,
  });
  return {
    notes: [...arms.values()].flatMap(({ note }) => note ?? []),
    data: { train, test: data.split(config.data.test), fingerprint: data.fingerprint },
    towers: {
      image,
      text,
      fusion: createFusion(towers.fusion.name, towers.fusion.options),
      loss: createLoss(towers.loss.name, towers.loss.options),
      optimizer: optimizerOf(towers),
      steps: towers.steps,
      seed: towers.seed,
      data: (key: Parameters<typeof pairBatches>[1]['key']) =>
        pairBatches(train, {
          batchSize: towers.batchSize,
          negatives: towers.negatives,
          key,
        }),
    },
    arms: Array.from(arms, ([name, { fusion }]) => ({
      name,
      fusion,
      training: {
        loss: createLoss(phase.loss.name, phase.loss.options),
        optimizer: optimizerOf(phase),
        steps: phase.steps,
        batchSize: phase.batchSize,
        negatives: phase.negatives,
      },
    })),
    seeds: config.seeds,
    top: config.top,
    recipe: {
      towers: {
        data: { ...config.data, captions: undefined },
        ...pick(config, 'image', 'text', 'towers'),
      },
      arms: Object.fromEntries(
        Array.from(arms, ([name, { part }]) => [name, { arm: part, training: phase }]),
      ),
    },
  };
}

function pick<T extends object, Name extends keyof T>(from: T, ...names: Name[]): Pick<T, Name> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, Name>;
}
