import { it } from 'vitest';
import { expectRandomGraphs } from '../test/random/expect-random-graphs';
import './register';

/** RANDOM_GRAPHS=20000 tries as many programs, RANDOM_GRAPHS_SEED others than the usual ones. */
const runs = Number(process.env['RANDOM_GRAPHS'] ?? 250);
const seed = Number(process.env['RANDOM_GRAPHS_SEED'] ?? 1);

it(
  `random graphs give what they give on the cpu backend, eager and under jit (${runs})`,
  () => expectRandomGraphs({ backend: 'onnx', runs, seed }),
  3_600_000,
);
