import { describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutLibrary } from '../../test/library';
import { OpenvinoBackendError } from '../errors';
import { findLibrary } from '../library/find-library';
import { Core } from './core';

const reason = withoutLibrary();

describe.skipIf(reason !== null)(named("OpenVINO's C interface", reason), () => {
  it('names the processor, and throws instead of using what was freed', () => {
    const core = Core.open(findLibrary());
    expect(core.processor).not.toBe('');
    expect(typeof core.hasBf16).toBe('boolean');
    core.destroy();
    core.destroy();
    expect(() => core.compile(new Uint8Array(4), { threads: 1, precision: 'float32' })).toThrow(
      "OpenVINO's core was used after it had been freed.",
    );
  });

  it('turns what OpenVINO refuses into an error with its reason', () => {
    const core = Core.open(findLibrary());
    try {
      core.compile(Buffer.from('no model'), { threads: 1, precision: 'float32' });
      expect.fail('nothing was thrown');
    } catch (error) {
      expect(OpenvinoBackendError.is(error)).toBe(true);
      expect((error as OpenvinoBackendError).code).toBe('runtime');
      expect((error as Error).message).toMatch(
        /^OpenVINO failed while reading a graph \(status -\d+\): ./,
      );
    } finally {
      core.destroy();
    }
  });
});
