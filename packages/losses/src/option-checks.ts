import { anyOf, fields, listOf, number, oneOf, type Check } from '@crossweave/core/authoring';

/** The weight of a part of a loss. */
export const weightCheck: Check = number({ min: 0, max: 1e6 });

/** A fixed temperature. */
export const fixedTemperatureCheck: Check = number({ min: 1e-4, max: 1e4 });

/** A learned temperature, optionally with its initial value. */
export const learnedTemperatureCheck: Check = anyOf(
  oneOf('learned'),
  fields({ initial: number({ min: 0.01, max: 1 }) }),
);

/** Any `Temperature`. */
export const temperatureCheck: Check = anyOf(
  fixedTemperatureCheck,
  oneOf('auto', 'learned'),
  fields({ initial: number({ min: 0.01, max: 1 }) }),
);

/** A `Bias`. */
export const biasCheck: Check = anyOf(
  number({ min: -100, max: 100 }),
  oneOf('learned'),
  fields({ initial: number({ min: -100, max: 100 }) }),
);

/** A list of `Sameness`. */
export const sameCheck: Check = listOf(oneOf('groups', 'captions', 'labels'), { distinct: true });

/** The options of `DuplicateOptions`. */
export const duplicateChecks = {
  duplicates: oneOf('exclude', 'positive', 'negative'),
  same: sameCheck,
};
