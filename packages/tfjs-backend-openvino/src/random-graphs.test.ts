import '@crossweave/tfjs-backend-onnx/register';
import { describe, it } from 'vitest';
import { expectRandomGraphs } from '../../tfjs-backend-onnx/test/random/expect-random-graphs';
import { named } from '../../tfjs-backend-onnx/test/left-out';
import { withoutLibrary } from '../test/library';
import './register';

const reason = withoutLibrary();
const runs = Number(process.env['RANDOM_GRAPHS'] ?? 60);
const seed = Number(process.env['RANDOM_GRAPHS_SEED'] ?? 1);

describe.skipIf(reason !== null)(named('random graphs on OpenVINO', reason), () => {
  it(
    `give what they give on the cpu backend, eager and under jit (${runs})`,
    () =>
      expectRandomGraphs({
        backend: 'onnx:openvino',
        runs,
        seed,
        largeIntegers: false,
        specialFloats: false,
      }),
    3_600_000,
  );
});
