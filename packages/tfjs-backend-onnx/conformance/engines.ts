import { fileURLToPath } from 'node:url';
import type { Exclusion } from './exclusions';
import { EXCLUSIONS, OPENVINO_EXCLUSIONS } from './exclusions';

/** A backend that the suite may be run on. */
export interface TestedEngine {
  /** The module that registers it; null for tfjs's own. */
  readonly register: string | null;
  /** Cases it is known not to pass. */
  readonly exclusions: readonly Exclusion[];
  /** Longest time of a case, in ms. Default 60,000: on an idle machine none needs a second. */
  readonly timeoutMs?: number;
}

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** By the name under which tfjs knows the backend. */
export const ENGINES: Readonly<Record<string, TestedEngine>> = {
  onnx: { register: source('../src/register.ts'), exclusions: EXCLUSIONS },
  // Needs a PJRT plugin for the CPU: see packages/tfjs-backend-xla.
  'xla:cpu': {
    register: source('../../tfjs-backend-xla/src/register.ts'),
    exclusions: EXCLUSIONS,
    // `threshold method otsu` unrolls into thousands of operators, which XLA compiles for minutes.
    timeoutMs: 30 * 60_000,
  },
  // Needs OpenVINO's library: see packages/tfjs-backend-openvino.
  'onnx:openvino': {
    register: source('../../tfjs-backend-openvino/src/register.ts'),
    exclusions: OPENVINO_EXCLUSIONS,
  },
  cpu: { register: null, exclusions: [] },
  wasm: { register: null, exclusions: [] },
};
