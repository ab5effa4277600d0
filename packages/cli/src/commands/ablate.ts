import { join, resolve } from 'node:path';
import { disposeParams } from '@crossweave/core';
import { lockFolder } from '@crossweave/core/node';
import { compareFusions, writeReport } from '@crossweave/lab';
import { requiredText, type Command } from '../command';
import { Interrupted } from '../interrupted';
import { configNames } from '../config/names';
import { openData, summaryOf } from '../config/open-data';
import { ablationPresets } from '../config/presets';
import { configOptions, readConfig } from '../config/read-config';
import { ablationSchema } from '../config/schema';
import { noteOfLabels, taskOf } from '../config/tasks';
import { requireItsTokenizer } from '../config/weights';
import { chooseEngine, environmentOf } from '../environment';
import { followComparison } from '../follow-comparison';
import { resultsTable } from '../results-table';
import {
  ablationParts,
  checkAblation,
  comparisonOf,
  initialTowers,
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
    const config = await readConfig('crossweave ablate', values, ablationSchema, ablationPresets);
    requireItsTokenizer(config);
    await requireSameAblation(out, config);
    const engine = await chooseEngine(values, session);
    const checked = await openData(config.data, {
      terminal,
      signal,
      folder: out,
      onCaptions: (captions) => requireSameAblation(out, config, { captions }),
    });
    const train = checked.pairs.split(config.data.train);
    const task = taskOf(config, train);
    const ofLabels = task && noteOfLabels(train);
    if (ofLabels !== undefined) terminal.note(ofLabels);
    const settled = settleResidual(config, train.records);
    const parts = ablationParts(settled, checked.pairs.tokenizer, task);
    await checkAblation(settled, parts, checked.pairs);
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
      },
      description: {
        paths: { captions: checked.captionsFile, tokenizer: config.data.tokenizer },
        environment,
        load: summaryOf(data.report),
        ...(notes.length > 0 && { matched: notes }),
      },
      keepTokenizer: checked.keepTokenizer,
    });
    const initial = await initialTowers(config, parts);
    const end = await compareFusions({
      ...comparisonOf(settled, parts, data, initial),
      out: record.path,
      signal,
      onProgress: followComparison(terminal),
    }).finally(() => {
      disposeParams(initial);
    });
    if (end.interrupted) {
      throw new Interrupted('Stopped. The same command continues where it left off.');
    }
    await writeReport(out, {
      title: `Fusions on ${config.data.captions}`,
      results: end.results,
      trials: end.trials,
      environment,
      config,
    });
    terminal.line(resultsTable(end.results));
    terminal.line(`\nReport: ${join(out, 'report.html')}`);
    return { ...end.results, load: summaryOf(data.report) };
  },
};
