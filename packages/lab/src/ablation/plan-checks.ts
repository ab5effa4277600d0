import { ConfigError } from '@crossweave/core';
import {
  anything,
  callback,
  checkOptions,
  fields,
  listOf,
  number,
  oneOf,
  recordOf,
  text,
  type Check,
  type Checks,
} from '@crossweave/core/authoring';
import { abortSignal, plainData, seed } from '../checks/checks';
import type { AblateOptions } from './ablate';

/** A name that also names files. */
export function armName(): Check {
  return {
    expected: 'a name of letters, digits, ".", "_" and "-" that begins with a letter or digit',
    accepts: (value) => typeof value === 'string' && /^[A-Za-z0-9][\w.-]*$/.test(value),
  };
}

export function seeds(): Check {
  return listOf(seed(), { min: 1, distinct: true });
}

const figures = recordOf(number());

const baseline = fields(
  {
    name: text(),
    kind: oneOf('towers', 'floor'),
    metrics: figures,
    outcomes: recordOf(listOf(number())),
    chance: anything(),
    split: anything(),
  },
  ['name', 'kind', 'metrics', 'outcomes'],
);

const checks: Checks<AblateOptions<unknown>> = {
  arms: listOf(fields({ name: armName(), config: plainData() }, ['name', 'config']), { min: 1 }),
  seeds: seeds(),
  runTrial: callback('that runs a trial'),
  out: text(),
  shared: plainData(),
  context: fields({
    baselines: listOf(baseline),
    chance: figures,
    data: fields({ fingerprint: text(), test: anything() }, ['fingerprint']),
    notes: listOf(text()),
  }),
  signal: abortSignal(),
  onProgress: callback(),
};

/** @throws ConfigError for options that no ablation can run by. */
export function checkPlan<Config>(options: AblateOptions<Config>): void {
  const where = 'ablate';
  checkOptions(where, options as AblateOptions<unknown>, checks, [
    'arms',
    'seeds',
    'runTrial',
    'out',
  ]);
  const names = [...options.arms, ...(options.context?.baselines ?? [])].map(({ name }) => name);
  requireDistinct(where, names);
}

/** @throws ConfigError when a name of "arms" is there twice. */
export function requireDistinct(where: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new ConfigError(`the name "${twice}" of "arms" is there twice`, {
    where,
    expected: 'a name of its own for each arm and each baseline',
  });
}
