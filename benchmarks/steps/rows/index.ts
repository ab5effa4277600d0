import { encoderRows } from './encoders';
import { engineRows } from './engine';
import { fusionRows } from './fusions';
import { products } from './products';
import { quickstartRows } from './quickstart';
import type { Row } from './row';

export { products };
export type { Row, Variant } from './row';

/** A table of `benchmarks/README.md`. */
export interface Suite {
  readonly name: string;
  /** What `--help` says it measures. */
  readonly about: string;
  readonly rows: readonly Row[];
}

export const suites: readonly Suite[] = [
  { name: 'engine', about: 'training steps', rows: engineRows },
  { name: 'encoders', about: 'features and training steps of encoders', rows: encoderRows },
  { name: 'fusions', about: 'matching steps of fusions', rows: fusionRows },
  { name: 'quickstart', about: "the trainer's own steps", rows: quickstartRows },
];
