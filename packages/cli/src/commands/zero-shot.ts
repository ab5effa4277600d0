import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { ConfigError } from '@crossweave/core';
import { zeroShot as classifier, type Guess } from '@crossweave/models';
import { requiredText, text, texts, type Command, type OptionValues } from '../command';
import { readLines } from '../use/read-lines';
import { tellOfTexts } from '../use/tell-of-texts';
import { modelOptions, openNamed, picturesOf, picturesOption, rejectsOf } from '../use/use-model';

export const zeroShot: Command = {
  name: 'zero-shot',
  summary: 'Sorts pictures into labels that a model was never trained on.',
  options: {
    ...modelOptions,
    images: picturesOption,
    labels: { type: 'string', value: 'A,B,…', summary: 'labels, or a file with one a line' },
    template: {
      type: 'string',
      value: 'TEXT',
      summary: 'a sentence around {}; may be repeated, then their mean counts',
      multiple: true,
    },
  },
  example:
    'crossweave zero-shot --model runs/shoes --images pictures --labels shoe,hat --template "a photo of a {}"',
  async run(values, _positionals, session) {
    const { terminal } = session;
    const folder = requiredText(zeroShot, values, 'images');
    const labels = await labelsOf(values);
    const templates = texts(values, 'template');
    await using model = await openNamed(zeroShot, values, session);
    tellOfTexts(labels, model, session);
    const classes = await classifier(model, labels, templates.length > 0 ? { templates } : {});
    const pictures = await picturesOf(model, folder, session);
    const guesses = classes.classify(pictures.embeddings);
    const results = pictures.paths.map((path, row) => ({ path, guesses: guesses[row]! }));
    for (const { path, guesses: own } of results) {
      const [best] = own;
      terminal.line(`${best!.probability.toFixed(4)}  ${best!.label}  ${path}`);
    }
    const accuracy = accuracyOf(results, labels);
    if (accuracy !== undefined) {
      const { right, of } = accuracy;
      terminal.line(`${right} of ${of} lie in the folder of their label.`);
    }
    return { schema: 1, labels, templates, results, accuracy, rejected: rejectsOf(pictures) };
  },
};

/** `a,b,c`, or the lines of a file. A label with a comma goes into a file. */
async function labelsOf(values: OptionValues): Promise<string[]> {
  const given = text(values, 'labels');
  if (given === undefined) {
    throw new ConfigError('--labels is missing', {
      where: 'crossweave zero-shot',
      advice: `For example: ${zeroShot.example}`,
    });
  }
  if (!given.includes(',') && existsSync(given)) return readLines(given);
  const labels = given.split(',').map((label) => label.trim());
  if (labels.length > 1 && labels.every((label) => label !== '')) return labels;
  const fault =
    labels.length > 1 ? 'holds an empty label' : 'is neither two labels or more, nor a file';
  throw new ConfigError(`--labels ${fault}`, { expected: 'a,b,c', got: given });
}

interface Result {
  readonly path: string;
  readonly guesses: readonly Guess[];
}

/** Of the pictures in folders that are named as labels; undefined where there is none. */
function accuracyOf(
  results: readonly Result[],
  labels: readonly string[],
): { right: number; of: number } | undefined {
  const labelled = results.filter(({ path }) => labels.includes(basename(dirname(path))));
  if (labelled.length === 0) return undefined;
  const right = labelled.filter(
    ({ path, guesses }) => guesses[0]!.label === basename(dirname(path)),
  );
  return { right: right.length, of: labelled.length };
}
