import { checkOptions, count, number } from '@crossweave/core/authoring';
import type { BranchFigures, StepRecord, WarningRecord } from '../records';

export interface BalanceOptions {
  /** Steps whose medians are judged. Default 50. */
  readonly window?: number;
  /**
   * A branch drowns when its share of the fall of the loss is below this while its gradient's length
   * is not: in (0, 1). Default 0.01.
   */
  readonly least?: number;
  /** A branch is written over when its update ratio is above this, > 0. Default 0.02. */
  readonly most?: number;
}

/** @throws ConfigError for a wrong option. */
export function checkBalance(options: BalanceOptions): void {
  const checks = {
    window: count(),
    least: number({ above: 0, below: 1 }),
    most: number({ above: 0 }),
  };
  checkOptions('train, balance', options, checks);
}

/** Says once what it sees. */
export function branchGuard(
  options: BalanceOptions | false = {},
): (step: StepRecord) => WarningRecord | undefined {
  if (options === false) return () => undefined;
  const { window = 50 } = options;
  let seen: Readonly<Record<string, BranchFigures>>[] = [];
  let spoken = false;
  return ({ step, epoch, branches }) => {
    if (branches === undefined || spoken) return undefined;
    seen.push(branches);
    if (seen.length < window) return undefined;
    const found = judged(options, seen);
    seen = [];
    if (found === undefined) return undefined;
    spoken = true;
    return { kind: 'warning', step, epoch, ...found };
  };
}

function judged(
  _options: BalanceOptions,
  _seen: readonly Readonly<Record<string, BranchFigures>>[],
): Pick<WarningRecord, 'message' | 'advice'> | undefined {
  return undefined;
}
