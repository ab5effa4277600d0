import { join, resolve } from 'node:path';
import { lockFolder } from '@crossweave/core/node';
import { thumbnailsOf } from '@crossweave/data';
import { compareFusions, writeReport } from '@crossweave/lab';
import { modelFingerprint } from '@crossweave/models';
import { requiredText, type Command } from '../command';
import { Interrupted } from '../interrupted';
import { picturesOtherwise } from '../config/pictures-of-model';
import { modelOf, namesModel, ofTowers, weightsFrom, withModelOfTowers } from '../config/model';
import { configNames } from '../config/names';
import { openData, summaryOf } from '../config/open-data';
import { ablationPresets } from '../config/presets';
import { parseConfig } from '../config/parse';
import { configOptions, readGiven, type GivenConfig } from '../config/read-config';
import { ablationSchema, type AblationConfig } from '../config/schema';
import { notesOfLabels, taskOf } from '../config/tasks';
import { refuseStream } from '../config/stream';
import { requireItsPictures, requireItsTokenizer } from '../config/weights';
import { chooseEngine, environmentOf } from '../environment';
import { followComparison } from '../follow-comparison';
import { holdsTrials } from '../run/folder-kind';
import { resultsTable } from '../results-table';
import {
  ablationParts,
  beginningOf,
  checkAblation,
  comparisonOf,
  notesOf,
  settleResidual,
} from '../run/ablation';
import { openAblation, requireSameAblation } from '../run/ablation-record';

export const ablate: Command = {
  name: 'ablate',
  summary: 'Compares fusions over seeds: same data, same towers, same batches.',
  options: configOptions,
  example:
    'crossweave ablate --preset quickstart --captions scenes/captions.jsonl --out runs/first',
  sections: () => configNames(ablationPresets, ablationSchema),
  async run(values, _positionals, session) {
    const { terminal, signal } = session;
    const out = resolve(requiredText(ablate, values, 'out'));
    const given = await readGiven('crossweave ablate', values, ablationPresets);
    const plain = namesModel(given.config) ? undefined : checkedConfig(given);
    if (plain !== undefined) await requireSameAblation(out, plain);
    const engine = await chooseEngine(values, session, (await holdsTrials(out)) ? out : undefined);
    // The weights become tensors of the engine.
    using model = await modelOf(given.config);
    model?.notes.forEach((note) => terminal.note(note));
    if (model) picturesOtherwise(given.config, model).forEach((note) => terminal.note(note));
    const filled = model && withModelOfTowers(given.config, model);
    const config = plain ?? checkedConfig({ ...given, config: filled });
    const taken = model && {
      params: weightsFrom(ofTowers(given.config), model),
      fingerprint: await modelFingerprint(model),
    };
    const known = { ...(taken && { model: taken.fingerprint }) };
    if (plain === undefined) await requireSameAblation(out, config, known);
    const checked = await openData(config.data, {
      terminal,
      signal,
      folder: out,
      onCaptions: (captions) => requireSameAblation(out, config, { ...known, captions }),
    });
    const train = checked.pairs.split(config.data.train);
    const task = taskOf(config, train);
    if (task !== undefined) notesOfLabels(train, task).forEach((note) => terminal.note(note));
    const settled = settleResidual(config, train.records);
    const parts = ablationParts(settled, checked.pairs.tokenizer, task);
    using begin = await beginningOf(config, parts, taken);
    await checkAblation(settled, parts, checked.pairs, begin);
    const notes = notesOf(parts);
    for (const note of notes) terminal.note(note);

    await using lock = await lockFolder(out);
    const data = await checked.decode();
    const environment = environmentOf(engine);
    await using record = await openAblation(lock, config, {
      fingerprints: {
        captions: checked.captionsFingerprint,
        data: data.fingerprint,
        tokenizer: data.tokenizer.fingerprint,
        ...known,
      },
      description: {
        paths: { captions: checked.captionsFile, tokenizer: config.data.tokenizer },
        environment,
        load: summaryOf(data.report),
        ...(notes.length > 0 && { matched: notes }),
      },
      keepTokenizer: checked.keepTokenizer,
    });
    const end = await compareFusions({
      ...comparisonOf(settled, parts, data, begin),
      out: record.path,
      signal,
      onProgress: followComparison(terminal),
    });
    if (end.interrupted) {
      throw new Interrupted('Stopped. The same command continues where it left off.');
    }
    const mistakes = end.trials.flatMap(({ outcome }) => outcome.mistakes ?? []);
    const shown = new Set(mistakes.map(({ image }) => image));
    await writeReport(out, {
      title: `Fusions on ${config.data.captions}`,
      results: end.results,
      trials: end.trials,
      pictures: await thumbnailsOf(data.split(config.data.test), shown),
      environment,
      config,
    });
    terminal.line(resultsTable(end.results));
    terminal.line(`\nReport: ${join(out, 'report.html')}`);
    return { ...end.results, load: summaryOf(data.report) };
  },
};

function checkedConfig({ config, source }: GivenConfig): AblationConfig {
  const checked = parseConfig(ablationSchema, config, source);
  refuseStream(checked);
  requireItsTokenizer(checked);
  requireItsPictures(checked);
  return checked;
}
