import {
  ConfigError,
  type FeatureSpec,
  type FittedTask,
  type Fusion,
  type Loss,
  type PairSplit,
} from '@crossweave/core';
import type { Sampling } from '@crossweave/data';
import {
  createTask,
  jointWidth,
  labelledPairs,
  labelsInCaptions,
  requireUnreadLabels,
  sampledPrior,
  taskLoss,
} from '@crossweave/lab';
import { createLoss, weightedSum } from '@crossweave/losses';
import type { PartConfig, TaskConfig } from './schema';

/** The task of a config, as the labels of its training split have it; none where it names none. */
export function taskOf(
  config: { readonly task?: TaskConfig | undefined },
  split: PairSplit<unknown, unknown>,
): FittedTask | undefined {
  const { task } = config;
  if (task === undefined) return undefined;
  const made = createTask(task.name, task.options);
  const pairs = labelledPairs(split.records);
  if (pairs.length > 0) {
    requireUnreadLabels(`split "${split.name}"`, pairs);
    return made.fit(pairs.map(({ label }) => label));
  }
  throw new ConfigError(`the split "${split.name}" has no labels for the task "${task.name}"`, {
    where: 'task',
    expected: 'a column or field that holds labels',
    advice: 'Name it: --columns label=answer, or data.columns.label in a config.',
  });
}

/** From this share on it is said that captions contain their labels. */
const toldFrom = 0.5;

/** What a reader must know of the labels of a task's training split. */
export function notesOfLabels(
  { name, records }: PairSplit<unknown, unknown>,
  task: FittedTask,
): string[] {
  const labelled = labelledPairs(records);
  const { pairs, naming } = labelsInCaptions(labelled);
  const all = records.reduce((sum, { captions }) => sum + captions.length, 0);
  const saysNone = labelled.some(({ label }) => typeof label === 'object' && label.length === 0);
  return [
    ...(naming < toldFrom * pairs
      ? []
      : [
          `The caption contains the label in ${naming} of the ${pairs} pairs of "${name}": compare with the floor text-only.`,
        ]),
    ...(task.name !== 'multi-label' || saysNone || pairs === all
      ? []
      : [
          `${all - pairs} of the ${all} pairs of "${name}" have no label and are left out. If they have none of the classes, their label is [] in JSON lines, | in CSV.`,
        ]),
  ];
}

/** The task that a run was trained for, by the facts that its record keeps. */
export function restoredTask(
  { task }: { readonly task?: TaskConfig | undefined },
  facts: unknown,
): FittedTask | undefined {
  return task === undefined ? undefined : createTask(task.name, task.options).restore(facts);
}

/** What of a model a task's loss must know. */
export interface Fused {
  readonly image: { readonly features: FeatureSpec };
  readonly text: { readonly features: FeatureSpec };
  readonly fusion: Fusion;
}

/**
 * The loss of a stretch of training: the one that it names, the task's, or the sum of both.
 *
 * @throws ConfigError where it is neither.
 */
export function lossFor(
  where: string,
  part: PartConfig | undefined,
  parts: Fused,
  task?: FittedTask,
  weight = 1,
): Loss {
  const named = part === undefined ? undefined : createLoss(part.name, part.options);
  if (task === undefined) {
    if (named !== undefined) return named;
    throw new ConfigError('there is nothing to train for', {
      where,
      expected: `${where}.loss, or a task`,
      advice: 'For example: --set task.name=answering, or a loss such as info-nce.',
    });
  }
  const dim = jointWidth(parts.fusion, parts.image.features, parts.text.features);
  const ofTask = taskLoss(task, { dim });
  if (named === undefined && weight === 1) return ofTask;
  return weightedSum([...(named === undefined ? [] : [{ loss: named }]), { loss: ofTask, weight }]);
}

/**
 * A config for a task by name: in place of the losses that it has, which `--set` may name again, and
 * without false captions, which only those read.
 */
export function withTask(config: unknown, name: string): unknown {
  const copy = structuredClone(Object(config)) as Record<string, Record<string, unknown>>;
  copy['task'] = { options: {}, ...copy['task'], name };
  for (const phase of phases) {
    const own = copy[phase];
    if (own === undefined || !('steps' in own)) continue;
    delete own['loss'];
    delete own['negatives'];
  }
  return copy;
}

/** The stretches of training that a config may have. */
const phases = ['training', 'towers', 'fusion'] as const;

/** A config whose every stretch of training draws classes so. */
export function withSampling(config: unknown, sampling: string): unknown {
  const copy = structuredClone(Object(config)) as Record<string, Record<string, unknown>>;
  for (const phase of phases) {
    const own = copy[phase];
    if (own !== undefined && 'steps' in own) own['sampling'] = sampling;
  }
  return copy;
}

/** @throws ConfigError for classes that are sampled without a task of classes, or weighed besides. */
export function requireSampling(
  where: string,
  sampling: Sampling = 'none',
  named: TaskConfig | undefined,
  task: FittedTask | undefined,
): void {
  if (sampling === 'none') return;
  if (task === undefined) {
    throw new ConfigError('there are no classes to be sampled without a task', {
      where,
      expected: 'none, or a task: --task classification',
      got: sampling,
    });
  }
  sampledPrior(task, sampling);
  const weights = named?.options['classWeights'];
  if (weights === undefined) return;
  throw new ConfigError('rare classes are drawn more often, and weigh more besides', {
    where,
    expected: `${where}, or task.options.classWeights`,
    got: `${sampling}, and classWeights ${JSON.stringify(weights)}`,
    advice: 'Leave one of them out: together they count a rare class twice.',
  });
}

/** How labels are read where the config does not say it: a text such as `a|b` is two classes. */
const labelKinds: Readonly<Record<string, string>> = {
  'multi-label': 'classes',
  regression: 'number',
};

/** The same of a task with its options: ranks whose order is told are classes. */
function labelKindOf({ name, options }: Partial<TaskConfig>): string | undefined {
  if (name === 'ordinal' && options?.['order'] !== undefined) return 'class';
  return labelKinds[String(name)];
}

/** A config whose labels are read as its task has them. */
export function withLabelKind(config: unknown): unknown {
  const { task, data } = Object(config) as Record<string, Record<string, unknown> | undefined>;
  const kind = task && labelKindOf(task);
  if (kind === undefined || data === undefined || data['labels'] !== undefined) return config;
  return { ...Object(config), data: { ...data, labels: kind } };
}
