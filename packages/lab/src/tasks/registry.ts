import { lookUp, type Task } from '@crossweave/core';
import { answering, type AnsweringOptions } from './answering';
import { classification, type ClassificationOptions } from './classification';
import { multiLabel, type MultiLabelOptions } from './multi-label';
import { ordinal, type OrdinalOptions } from './ordinal';
import { regression, type RegressionOptions } from './regression';

/** The options of each task by its name. */
export interface TaskOptions {
  classification: ClassificationOptions;
  'multi-label': MultiLabelOptions;
  regression: RegressionOptions;
  ordinal: OrdinalOptions;
  answering: AnsweringOptions;
}

/** The tasks of this package by name, for configs and command lines. Extend it by spreading. */
export const tasks: {
  readonly [Name in keyof TaskOptions]: (options?: TaskOptions[Name]) => Task;
} = { classification, 'multi-label': multiLabel, regression, ordinal, answering };

/** A table of tasks whose options are checked when they are made, not by the compiler. */
export type TaskTable = Readonly<Record<string, (options?: never) => Task>>;

/**
 * The task called `name` in `table`, made with `options` as a config file gave them.
 *
 * @throws ConfigError for an unknown name or option.
 */
export function createTask(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
  table: TaskTable = tasks,
): Task {
  return lookUp('createTask', table, name)(options as never);
}
