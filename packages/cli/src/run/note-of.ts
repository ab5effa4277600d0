import type { TrainRecord } from '@crossweave/trainer';

/** What a terminal says about a record, undefined for an ordinary one. */
export function noteOf(record: TrainRecord): string | undefined {
  switch (record.kind) {
    case 'warning':
      return `Warning: ${record.message} ${record.advice}`;
    case 'skipped':
      return (
        `Step ${record.step} was left out: NaN or an infinity in the ${record.tensor}.` +
        (record.rateFactor === undefined
          ? ''
          : ` All rates are now ${record.rateFactor} times those of the plan.`)
      );
    case 'compiling':
      return `Step ${record.step}: the engine compiles it, which may take minutes.`;
    case 'rollback':
      return `The loss leapt to ${record.loss.toPrecision(4)} at step ${record.step} (about ${record.expected.toPrecision(4)} before): back to the state of step ${record.to}, and on with the next batch.`;
    default:
      return undefined;
  }
}
