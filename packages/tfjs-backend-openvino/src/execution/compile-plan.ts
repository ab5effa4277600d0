import type { ArrayPool, Constants, Plan } from '@crossweave/tfjs-backend-onnx/graph';
import { encodeModel } from '@crossweave/tfjs-backend-onnx/graph';
import type { CompiledModel } from '../openvino/compiled-model';
import type { CompileOptions, Core } from '../openvino/core';
import { dropPages, hasOwnPages } from '../weights/own-pages';
import { placeInMemory } from '../weights/place-in-memory';
import { WeightsFile } from '../weights/weights-file';

/**
 * Compiles a lowered plan. Large constants share their memory with OpenVINO where the system can do
 * that (see `WeightsFile`); else OpenVINO copies them. @param pool gives the memory of its arrays
 * back to the system before a graph with large constants, whose compilation takes the most memory.
 */
export function compilePlan(
  plan: Plan,
  constants: Constants,
  core: Core,
  options: CompileOptions,
  pool: ArrayPool,
): CompiledModel {
  const weights = WeightsFile.write(constants);
  if (weights === null) {
    return core.compile(encodeModel(plan, constants, { placeOf: placeInMemory }), options);
  }
  for (const values of pool.arrays()) if (hasOwnPages(values)) dropPages(values);
  try {
    const model = encodeModel(plan, constants, {
      placeOf: (values) => weights.placeOf(values) ?? placeInMemory(values),
    });
    return core.compileFile(weights.writeModel(model), options, () => weights.remove());
  } finally {
    weights.remove();
  }
}
