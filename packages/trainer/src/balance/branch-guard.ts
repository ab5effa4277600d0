import { checkOptions, count, number } from '@crossweave/core/authoring';
import type { BranchFigures, StepRecord, WarningRecord } from '../records';

export interface BalanceOptions {
  /** Steps whose medians are judged, again and again. Default 50. */
  readonly window?: number;
  /**
   * A tower drowns when its share of the expected fall of the loss is below this; in (0, 1). Default 0.005.
   */
  readonly least?: number;
  /**
   * A branch that began with given parameters (`initial`) is written over when its update ratio is
   * above this; one that began anew when it is above ten times this; > 0. Default 2e-3.
   */
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

type Warning = Pick<WarningRecord, 'message' | 'advice'>;

/**
 * Watches for a tower that drowns beside the other, and for a branch that is written over. Of each
 * it speaks once.
 *
 * @param given the branches that began with given parameters.
 */
export function branchGuard(
  options: BalanceOptions | false = {},
  given: ReadonlySet<string> = new Set(),
): (step: StepRecord) => WarningRecord | undefined {
  if (options === false) return () => undefined;
  const { window = 50, least = 0.005, most = 2e-3 } = options;
  const spoken = new Set<string>();
  let seen: Readonly<Record<string, BranchFigures>>[] = [];
  return ({ step, epoch, branches, learningRates }) => {
    if (branches === undefined) return undefined;
    seen.push(branches);
    if (seen.length < window) return undefined;
    const medians = mediansOf(seen);
    seen = [];
    const found: readonly (readonly [string, Warning | undefined])[] = [
      ['drowned', drowned(medians, least, window, learningRates)],
      ...Object.keys(medians).map(
        (branch) =>
          [branch, overwritten(branch, medians[branch]!, most, given.has(branch), window)] as const,
      ),
    ];
    const next = found.find(([name, warning]) => warning !== undefined && !spoken.has(name));
    if (next === undefined) return undefined;
    spoken.add(next[0]);
    return { kind: 'warning', step, epoch, ...next[1]! };
  };
}

type Medians = Readonly<Record<string, Pick<BranchFigures, 'share' | 'updateRatio'>>>;

function mediansOf(seen: readonly Readonly<Record<string, BranchFigures>>[]): Medians {
  // A branch that was not trained from the first of these steps on is not judged yet.
  const names = Object.keys(seen[0]!).filter((name) => seen.every((each) => name in each));
  return Object.fromEntries(
    names.map((name) => {
      const median = (figure: 'share' | 'updateRatio'): number =>
        seen.map((each) => each[name]![figure]).sort((a, b) => a - b)[seen.length >> 1]!;
      return [name, { share: median('share'), updateRatio: median('updateRatio') }];
    }),
  );
}

function drowned(
  { image, text }: Medians,
  least: number,
  window: number,
  rates: StepRecord['learningRates'],
): Warning | undefined {
  if (image === undefined || text === undefined) return undefined;
  const [quiet, loud] = image.share < text.share ? ['image', 'text'] : ['text', 'image'];
  const { share, updateRatio } = quiet === 'image' ? image : text;
  // One whose rate is 0 at present is not meant to learn.
  if (share >= least || updateRatio === 0) return undefined;
  const rate = rates[quiet] === undefined ? '' : ` (now ${rates[quiet]})`;
  return {
    message: `${quiet} drowns beside ${loud}: over the last ${window} steps ${percent(share)} of the fall of the loss was expected of ${quiet}, which changed by ${percent(updateRatio)} of its weights a step.`,
    advice: `Raise the learning rate of ${quiet}${rate}, give the gradients of all branches one length (modulate: normalizeBranches()), or, if ${quiet} is to stay as it is, freeze it, which saves its backward pass.`,
  };
}

function overwritten(
  branch: string,
  { updateRatio }: Pick<BranchFigures, 'updateRatio'>,
  most: number,
  isGiven: boolean,
  window: number,
): Warning | undefined {
  if (branch === 'loss' || updateRatio <= (isGiven ? most : 10 * most)) return undefined;
  const change = `over the last ${window} steps ${branch} changed by ${percent(updateRatio)} of its weights a step`;
  const steps = Math.ceil(1 / updateRatio);
  return isGiven
    ? {
        message: `${branch} is written over: ${change}, so that after some ${steps} steps little is left of the parameters it began with.`,
        advice: `Lower the learning rate of ${branch} about ${Math.ceil(updateRatio / (most / 10))} times, use layerDecay, or freeze its first layers.`,
      }
    : {
        message: `${branch} is written over: ${change}.`,
        advice: `Lower the learning rate of ${branch}, lengthen the warm-up, or clip gradients (clipNorm: 1).`,
      };
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)} %`;
}
