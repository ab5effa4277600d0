import { createRequire } from 'node:module';
import { dirname } from 'node:path';

interface Session {
  run(...given: unknown[]): unknown;
}
interface Binding {
  readonly binding: { InferenceSession: new (...given: never[]) => Session };
}

/**
 * Counts the time inside of ONNX Runtime. To be called before the first session is made.
 *
 * @returns milliseconds since the last call; what a step takes besides is JavaScript.
 */
export function nativeClock(): () => number {
  const engineRequire = createRequire(import.meta.resolve('@crossweave/tfjs-backend-onnx'));
  const folder = dirname(engineRequire.resolve('onnxruntime-node/package.json'));
  const { binding } = engineRequire(`${folder}/dist/binding.js`) as Binding;
  let spent = 0;
  binding.InferenceSession = class extends binding.InferenceSession {
    override run(...given: unknown[]): unknown {
      const start = performance.now();
      try {
        return super.run(...given);
      } finally {
        spent += performance.now() - start;
      }
    }
  };
  return () => {
    const found = spent;
    spent = 0;
    return found;
  };
}
