import type { StepRecord, WarningRecord } from './records';

/** So many steps in a row that teach nothing are no accident of the batches. */
const patience = 10;

const negatives = /(?:^|\.)negatives$/;

/**
 * Watches for runs that cannot learn anything: a loss that has no negative in the whole batch (its
 * `negatives` is 0, see `LossResult.terms`), or rates or gradients that are all zero. It speaks once, about
 * the first step it sees or after {@link patience} such steps in a row.
 */
export function learningGuard(): (step: StepRecord) => WarningRecord | undefined {
  let seen = 0;
  let idle = 0;
  let spoken = false;
  return (step) => {
    seen++;
    const reason = reasonOf(step);
    idle = reason === undefined ? 0 : idle + 1;
    if (reason === undefined || spoken || (seen > 1 && idle < patience)) return undefined;
    spoken = true;
    const batches = seen === 1 ? 'the first batch' : `the last ${idle} batches`;
    return { kind: 'warning', step: step.step, epoch: step.epoch, ...reason(batches) };
  };
}

type Reason = (batches: string) => Pick<WarningRecord, 'message' | 'advice'>;

function reasonOf({ terms, gradientNorm, learningRates }: StepRecord): Reason | undefined {
  const idle = Object.keys(terms).filter((name) => negatives.test(name) && terms[name] === 0);
  if (idle.length > 0) {
    const names = idle.map((name) => name.slice(0, -'.negatives'.length)).filter(Boolean);
    const who = names.length === 0 ? 'the loss' : names.join(' and ');
    return (batches) => ({
      message: `${who} has no negative in ${batches}: every text is right for every image, so there is nothing to learn.`,
      advice:
        'Look at the captions and images of the data: one caption or one image in all? Else take a larger batch, or hard negatives.',
    });
  }
  const rates = Object.values(learningRates);
  if (rates.length > 0 && rates.every((rate) => rate === 0)) {
    return (batches) => ({
      message: `all learning rates are 0 for ${batches}: the parameters stay as they are.`,
      advice: 'Does the schedule end before the run? Give it as many steps, or another rate.',
    });
  }
  if (gradientNorm > 0) return undefined;
  return (batches) => ({
    message: `all gradients are zero for ${batches}: the parameters stay as they are.`,
    advice:
      'Look at what is frozen, and whether the loss reads what the model computes. A hinge has no gradient where every pair keeps the margin.',
  });
}
