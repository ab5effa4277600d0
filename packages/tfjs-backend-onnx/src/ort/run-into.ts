import { Node, leaf } from '../graph/node';
import { makePlan } from '../graph/plan';
import { STOP_OUTPUT, encodeModel } from './model';
import type { NativeSession, RuntimeTensor } from '../runtime';
import { loadRuntime } from '../runtime';

/*
 * The binding of onnxruntime-node writes results into the given arrays and then copies each array
 * into a new one. For a training step this is expensive: all parameters and optimizer states are
 * copied to new memory. An additional first output that the binding cannot convert to an array
 * makes it throw after the computation and before the first copy.
 */

/**
 * The binding's error message for `STOP_OUTPUT`; null if the trick is not needed or does not work.
 */
let stopMessage: string | null | undefined;

/** Whether models should have `STOP_OUTPUT`. It is tried once. */
export function stopsCopies(): boolean {
  if (stopMessage === undefined) stopMessage = probe();
  return stopMessage !== null;
}

/** What {@link runInto} takes, without outputs yet: the first one keeps the binding from copying. */
export function noFetches(): Record<string, RuntimeTensor | null> {
  return stopsCopies() ? { [STOP_OUTPUT]: null } : {};
}

/**
 * Runs a session that writes its results into the arrays of `fetches`, which begin with those of
 * {@link noFetches}.
 */
export function runInto(
  session: NativeSession,
  feeds: Readonly<Record<string, RuntimeTensor>>,
  fetches: Readonly<Record<string, RuntimeTensor | null>>,
): void {
  try {
    session.run(feeds, fetches, {});
  } catch (error) {
    if (!stopsCopies() || messageOf(error) !== stopMessage) throw error;
  }
}

function probe(): string | null {
  const { Session, Tensor } = loadRuntime();
  const output = new Node('Neg', [leaf([1], 'float32')], [1], 'float32');
  const model = encodeModel(makePlan([output], [output]), [Float32Array.of(3)], { stop: true });
  const session = new Session();
  const values = new Float32Array(1);
  try {
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, {});
    session.run({}, { [STOP_OUTPUT]: null, N0: new Tensor('float32', values, [1]) }, {});
    return null;
  } catch (error) {
    return values[0] === -3 ? messageOf(error) : null;
  } finally {
    session.dispose();
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
