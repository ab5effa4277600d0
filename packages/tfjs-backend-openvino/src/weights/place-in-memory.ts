import type { ExternalPlace, Values } from '@crossweave/tfjs-backend-onnx/graph';
import { ffi } from '../openvino/ffi';

/** With this location OpenVINO's reader of ONNX takes a tensor's offset for an address in memory. */
const IN_MEMORY = '*/_ORT_MEM_ADDR_/*';
/** Smaller constants are written into the model: copies of them cost nothing. */
const LEAST_BYTES = 1 << 16;

/**
 * Where OpenVINO finds a constant in the memory of this process, so that the weights of an encoder
 * are not copied into the model first. OpenVINO copies them while it reads the model, so the array
 * is free afterwards. Null: in the model.
 */
export function placeInMemory(values: Values): ExternalPlace | null {
  if (values.byteLength < LEAST_BYTES) return null;
  return { location: IN_MEMORY, offset: Number(ffi().address(values)) };
}
