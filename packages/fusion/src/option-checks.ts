import { number, oneOf } from '@crossweave/core/authoring';
import { activations } from '@crossweave/core/nn';

const names = Object.keys(activations);

/** Checks of options that several fusions have. */
export const activationCheck = oneOf(...names);
export const activationOrNoneCheck = oneOf(...names, 'none');
export const sideCheck = oneOf('image', 'text');
/** The epsilon of layer norms. */
export const epsilonCheck = number({ above: 0, max: 1 });
/** A temperature, whose inverse is learned in [1, 100]. */
export const temperatureCheck = number({ min: 0.01, max: 1 });
