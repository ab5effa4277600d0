import { Node, leaf } from '../graph/node';
import { makePlan } from '../graph/plan';
import type { ElementType } from '../graph/types';
import type { Provider } from '../providers';
import { encodeModel } from './model';
import type { NativeSession, RuntimeTensor } from '../runtime';
import { loadRuntime } from '../runtime';

export type Location = 'cpu' | 'gpu-buffer';

/**
 * Copies lists of values between host and device. The binding has no function for that, so a
 * session with one Identity operator does it, whose output is bound to the target.
 */
export class Transfer {
  private readonly sessions = new Map<string, NativeSession>();

  constructor(private readonly provider: Provider) {}

  /** @param values a list of any length. */
  copy(values: RuntimeTensor, dtype: ElementType, to: Location): RuntimeTensor {
    return this.session(dtype, to).run({ L0: values }, { N0: null }, {})['N0'] as RuntimeTensor;
  }

  /** The session that copies lists of this type to this location. */
  session(dtype: ElementType, to: Location): NativeSession {
    const key = `${dtype} ${to}`;
    const known = this.sessions.get(key);
    if (known !== undefined) return known;
    // In ONNX Runtime -1 is a dynamic length.
    const output = new Node('Identity', [leaf([-1], dtype)], [-1], dtype);
    const model = encodeModel(makePlan([output], [output]), [null]);
    const session = new (loadRuntime().Session)();
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
      executionProviders: [this.provider],
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
      preferredOutputLocation: to,
    });
    this.sessions.set(key, session);
    return session;
  }

  dispose(): void {
    for (const session of this.sessions.values()) session.dispose();
    this.sessions.clear();
  }
}
