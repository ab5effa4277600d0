/**
 * Fixtures of PyTorch on XLA, values and gradients: `node fixtures.mjs --platform cuda --part 0 --parts 8
 * --packages ../../../packages`. Prints a line of JSON as each case begins, and one as it ends with the
 * reason why it failed, or null: what a process that ends early had done is known then.
 */
import { registerXlaBackend, type XlaBackendOptions } from '@crossweave/tfjs-backend-xla';
import * as tf from '@tensorflow/tfjs-core';
import { isOwn, tell, values } from './cases';
import { fixtureCases } from './fixture-cases';

const platform = values.platform as XlaBackendOptions['platform'];
await tf.setBackend(registerXlaBackend({ platform }));
for (const { name, check } of fixtureCases(values.packages).filter((each) => isOwn(each.name))) {
  tell(name);
  try {
    tf.tidy(check);
    tell(name, null);
  } catch (error) {
    tell(name, String(error));
  }
}
process.exit(0);
