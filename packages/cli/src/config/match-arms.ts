import { ConfigError, type Fusion, type FusionCostOptions } from '@crossweave/core';
import { createFusion, matchCost, type MatchedFusion } from '@crossweave/fusion';
import type { ArmConfig, PartConfig } from './schema';

/** An arm whose size is settled. */
export interface SizedArm {
  readonly fusion: Fusion;
  /** Name and options as they are built, the chosen width and depth among them. */
  readonly part: PartConfig;
  /** How its size was chosen, for people; absent where the config says it. */
  readonly note?: string;
}

/**
 * Builds the fusions of an ablation; those with `match` at the size whose cost over encoders of
 * these features is nearest to that of the arm they name, which may be matched itself.
 *
 * @throws ConfigError for a name that is no other arm, arms that wait for each other, and what
 * `createFusion` and `matchCost` throw.
 */
export function sizeArms(
  arms: Readonly<Record<string, ArmConfig>>,
  specs: FusionCostOptions,
): ReadonlyMap<string, SizedArm> {
  const sized = new Map<string, SizedArm>();
  const sizedArm = (name: string, waiting: readonly string[]): SizedArm => {
    const done = sized.get(name);
    if (done !== undefined) return done;
    const { match, ...part } = arms[name]!;
    if (match === undefined) {
      const fusion = createFusion(part.name, part.options);
      sized.set(name, { fusion, part });
      return { fusion, part };
    }
    const where = `arms.${name}.match`;
    const others = [...waiting, name];
    if (typeof match.to === 'string' && (others.includes(match.to) || !(match.to in arms))) {
      throw new ConfigError('an arm is matched to another arm, which does not wait for it', {
        where,
        expected: `a number, or one of ${Object.keys(arms)
          .filter((arm) => !others.includes(arm))
          .join(', ')}`,
        got: match.to,
      });
    }
    const target = typeof match.to === 'string' ? sizedArm(match.to, others).fusion : match.to;
    const optionsOf = (width: number, depth: number | undefined): Record<string, unknown> => ({
      ...part.options,
      [match.width]: width,
      ...(depth !== undefined && { layers: depth }),
    });
    const { heads } = part.options;
    const found = matchCost(
      match.by,
      ({ width, depth }) => createFusion(part.name, optionsOf(width, depth)),
      specs,
      target,
      {
        step: match.step ?? (typeof heads === 'number' ? heads : 4),
        ...(match.depths && { depths: match.depths }),
      },
    );
    const arm = {
      fusion: found.fusion,
      part: { name: part.name, options: optionsOf(found.width, found.depth) },
      note: describe(name, match.by, found),
    };
    sized.set(name, arm);
    return arm;
  };
  // In the order of the config, which is that of the results.
  return new Map(Object.keys(arms).map((name) => [name, sizedArm(name, [])]));
}

function describe(name: string, by: string, found: MatchedFusion): string {
  const { fusion, reached, target, difference } = found;
  const count = (value: number): string => Math.round(value).toLocaleString('en');
  const sign = difference < 0 ? '−' : '+';
  const percent = `${sign}${Math.abs(100 * difference).toFixed(1)} %`;
  return `Arm ${name}: ${fusion.name} has ${count(reached)} ${by} for ${count(target)} (${percent}).`;
}
