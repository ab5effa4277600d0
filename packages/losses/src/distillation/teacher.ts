import {
  ConfigError,
  type ModelOutputs,
  type Teacher,
  type PooledFeatures,
} from '@crossweave/core';

/**
 * @throws ConfigError when the outputs have no teacher, or when the model has embeddings and the
 *   teacher has none.
 */
export function requireTeacher(
  where: string,
  outputs: ModelOutputs<PooledFeatures>,
): Teacher<PooledFeatures> {
  const { teacher } = outputs;
  if (teacher === undefined || (outputs.embed !== undefined && teacher.embed === undefined)) {
    throw new ConfigError('the loss needs a teacher, and the model outputs have none', {
      where,
      expected: 'outputs.teacher, with embed() if the model has embed()',
      advice: 'Train with a momentum twin or a second model as the teacher, or use infoNCE.',
    });
  }
  return teacher;
}
