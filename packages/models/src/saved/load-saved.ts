import { join } from 'node:path';
import {
  ConfigError,
  FileFormatError,
  disposeParams,
  initialShapes,
  mergeParams,
  partition,
  subtree,
  withPrefix,
  type FittedTask,
  type Key,
  type Params,
} from '@crossweave/core';
import { loadCheckpoint } from '@crossweave/checkpoints/node';
import { loadTokenizer } from '@crossweave/data';
import { createFusion } from '@crossweave/fusion';
import { createImageEncoder } from '@crossweave/image-encoder';
import { createTask, jointWidth, tasks, uncalibrated, type Thresholds } from '@crossweave/lab';
import { createTextEncoder } from '@crossweave/text-encoder';
import type { Pretrained, PretrainedOptions } from '../pretrained/types';
import {
  descriptionFile,
  headPrefix,
  readDescription,
  tokenizerFolder,
  weightsFile,
  type SavedTask,
} from './format';

/**
 * A model of ours, as `saveModel` wrote it.
 *
 * @throws FileFormatError when a file is damaged; StateDictError when the weights are not the model's;
 *   ConfigError for an option that asks for another model than it is.
 */
export async function loadSaved(
  name: string,
  folder: string,
  options: PretrainedOptions,
): Promise<Pretrained> {
  const description = await readDescription(folder);
  const { image, text, fusion, preprocessing, maxTokens, notes = [] } = description;
  const other = (['imageSize', 'maxTokens', 'preprocessing', 'tokenizer'] as const).find(
    (option) => options[option] !== undefined,
  );
  if (other !== undefined) {
    throw new ConfigError(`"${other}" cannot be changed in a model of crossweave`, {
      where: name,
      advice: 'It is read as it was trained. Train another one on top of it to change that.',
    });
  }
  const tokenizerPath = join(folder, tokenizerFolder);
  const tokenizer = await loadTokenizer(tokenizerPath);
  const imageEncoder = createImageEncoder(image.name, image.options);
  const textEncoder = createTextEncoder(text.name, text.options, { tokenizer, maxTokens });
  const joined = createFusion(fusion.name, fusion.options);
  const task = description.task && restored(folder, description.task);
  const thresholds = task && thresholdsOf(folder, task, description.task);
  const [ofImages, ofTexts] = [imageEncoder.features, textEncoder.features];
  const init = (key: Key): Params =>
    mergeParams(
      withPrefix('image.', imageEncoder.init(key)),
      withPrefix('text.', textEncoder.init(key)),
      withPrefix('fusion.', joined.init(key, ofImages, ofTexts)),
      task ? withPrefix(headPrefix, task.init(key, jointWidth(joined, ofImages, ofTexts))) : {},
    );
  const expected = initialShapes({ init });
  const { params: all } = await loadCheckpoint(join(folder, weightsFile), { expected });
  const [ofHead, params] = partition(all, (path) => path.startsWith(headPrefix));
  return {
    name,
    family: 'crossweave',
    image: { part: image, encoder: imageEncoder, preprocessing },
    text: {
      ...{ part: text, encoder: textEncoder, tokenizer, tokenizerFolder: tokenizerPath, maxTokens },
    },
    fusion: { part: fusion, fusion: joined },
    ...(task && {
      task: {
        task,
        head: subtree(ofHead, headPrefix),
        sampling: description.task.sampling ?? 'none',
        temperatures: description.task.temperatures ?? uncalibrated,
        ...(thresholds && { thresholds }),
      },
    }),
    params,
    notes,
    [Symbol.dispose]: () => disposeParams(all),
  };
}

/** @throws FileFormatError for thresholds that are not those of the task. */
function thresholdsOf(
  folder: string,
  task: FittedTask,
  { thresholds }: SavedTask,
): Thresholds | undefined {
  if (thresholds === undefined) return undefined;
  const lists = Object.values(thresholds) as (readonly number[])[];
  const fits = task.thresholds !== undefined && lists.every((each) => each.length === task.outputs);
  if (fits) return thresholds;
  throw new FileFormatError('the saved thresholds do not belong to the saved task', {
    where: join(folder, descriptionFile),
    expected:
      task.thresholds === undefined
        ? `none for the task "${task.name}" with its options`
        : `lists of ${task.outputs} thresholds`,
    got: `lists of ${lists.map(({ length }) => length).join(', ')}`,
    advice: 'Save the model again.',
  });
}

/** @throws FileFormatError for a task that this version does not know, or facts that are not its own. */
function restored(folder: string, { name, options, facts }: SavedTask): FittedTask {
  if (!Object.hasOwn(tasks, name)) {
    throw new FileFormatError(`the model was trained for an unknown task, "${name}"`, {
      where: join(folder, descriptionFile),
      expected: Object.keys(tasks).join(', '),
      advice: 'Save the model without its task, and keep the head beside it.',
    });
  }
  return createTask(name, options).restore(facts);
}
