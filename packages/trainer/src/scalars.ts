import type { TrainRecord } from './records';

/**
 * The numbers of a record by name, as charts show them: `loss`, `terms/<name>`, `gradient_norm`,
 * `learning_rate/<group>` (`all` for the group of the empty prefix), `branches/<branch>/<figure>`,
 * `seconds`, `evaluation/<metric>`, `rollback/loss`. A record of another kind has none. With it a
 * {@link RunLogger} for any service is a few lines.
 */
export function scalarsOf(record: TrainRecord): Record<string, number> {
  switch (record.kind) {
    case 'step': {
      const { loss, terms, gradientNorm, learningRates, branches = {}, seconds } = record;
      return {
        loss,
        ...named('terms', terms),
        gradient_norm: gradientNorm,
        ...named('learning_rate', learningRates),
        ...Object.fromEntries(
          Object.entries(branches).flatMap(([branch, figures]) =>
            Object.entries(named(`branches/${branch}`, { ...figures })),
          ),
        ),
        seconds,
      };
    }
    case 'evaluation':
      return named('evaluation', record.metrics);
    case 'rollback':
      return { 'rollback/loss': record.loss };
    default:
      return {};
  }
}

function named(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `${prefix}/${name === '' ? 'all' : name}`,
      value,
    ]),
  );
}
