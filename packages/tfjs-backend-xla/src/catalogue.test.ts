import '@crossweave/tfjs-backend-onnx/register';
import { describe, it } from 'vitest';
import { expectClose, runOn } from '../../tfjs-backend-onnx/test/against-cpu';
import { CATALOGUE } from '../../tfjs-backend-onnx/test/catalogue';
import { named, withoutPlugin } from '../test/plugin';
import './register';

const reason = withoutPlugin();

describe.skipIf(reason !== null)(named('every kernel on XLA', reason), () => {
  it.each(CATALOGUE.map((op) => [op.name, op] as const))(
    '%s, as on ONNX Runtime',
    async (_, op) => {
      const { program, inputs } = op.call(op.sizes as never);
      const want = await runOn('onnx', program, inputs);
      const got = await runOn('xla:cpu', program, inputs);
      want.forEach((result, i) => expectClose(got[i]!, result, {}));
    },
  );
});
