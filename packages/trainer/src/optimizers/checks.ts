import { anyOf, callback, exactly, having, listOf, number } from '@crossweave/core/authoring';

export const transformCheck = having('a part of an optimizer, with apply', 'apply');

/** Checks of options that several optimizers have. */
export const betasCheck = listOf(number({ min: 0, below: 1 }), { length: 2 });
export const epsilonCheck = number({ above: 0 });
export const decayCheck = number({ min: 0 });
export const decaysCheck = callback('(path, value) => boolean');
export const clipNormCheck = anyOf(number({ above: 0 }), exactly(Infinity));
