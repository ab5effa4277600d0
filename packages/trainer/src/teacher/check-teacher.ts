import { ConfigError, type PooledFeatures } from '@crossweave/core';
import {
  checkOptions,
  count,
  having,
  number,
  paramTree,
  type Checks,
} from '@crossweave/core/authoring';
import type { MomentumTeacher, TeacherOptions, TeacherState, TrainedTeacher } from './options';

const where = 'train, teacher';

const twinChecks: Checks<MomentumTeacher> = {
  momentum: number({ min: 0, below: 1 }),
  queue: count(),
};
const trainedChecks: Checks<TrainedTeacher<unknown, unknown>> = {
  model: having('a model, with forward', 'forward'),
  params: paramTree(),
};

/** @throws ConfigError for a wrong option, or a queue that is not the one of the state. */
export function checkTeacher<Image, Text, F extends PooledFeatures>(
  teacher: TeacherOptions<Image, Text, F>,
  state?: TeacherState,
): void {
  if ('model' in teacher) {
    const trained = teacher as unknown as TrainedTeacher<unknown, unknown>;
    checkOptions(where, trained, trainedChecks, ['model', 'params']);
    return;
  }
  checkOptions(where, teacher, twinChecks, ['momentum']);
  const places = state?.queue?.groups.length ?? teacher.queue;
  if (teacher.queue !== undefined && places !== teacher.queue) {
    throw new ConfigError('"queue" is not the queue of the state', {
      where,
      expected: `${places} places, as in start.teacher`,
      got: teacher.queue,
      advice: 'Keep the size of the queue when a run goes on, or leave queue out of start.teacher.',
    });
  }
}
