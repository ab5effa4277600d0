import {
  ConfigError,
  type ModelOutputs,
  type Teacher,
  type PooledFeatures,
} from '@crossweave/core';

/** @throws ConfigError when the outputs have no teacher, or one that does not embed as the model does. */
export function requireTeacher(
  where: string,
  outputs: ModelOutputs<PooledFeatures>,
): Teacher<PooledFeatures> {
  const { teacher } = outputs;
  if (teacher === undefined || (outputs.embed !== undefined && teacher.embed === undefined)) {
    throw new ConfigError('there is no teacher to learn from', {
      where,
      expected: 'outputs.teacher, with embed() where the model itself has it',
      advice: 'Train with a momentum twin or a second model, or use infoNCE.',
    });
  }
  return teacher;
}
