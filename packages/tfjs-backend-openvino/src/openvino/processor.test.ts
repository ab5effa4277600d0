import { expect, it } from 'vitest';
import { OpenvinoBackendError } from '../errors';
import { multipliesBf16, requireBf16 } from './processor';

it.each([
  ['flags\t\t: fpu avx2 avx512f avx512_bf16 avx512_vnni', true],
  ['flags\t\t: fpu amx_tile amx_bf16 amx_int8', true],
  ['Features\t: fp asimd i8mm bf16', true],
  ['flags\t\t: fpu avx2 avx512f avx512_vnni', false],
  ['model name\t: bf16 of a name', false],
  ['', false],
])('reads the flags of %j', (list, has) => {
  expect(multipliesBf16(list)).toBe(has);
});

it('knows nothing without a list', () => {
  expect(multipliesBf16(null)).toBeNull();
  expect([true, false, null]).toContain(multipliesBf16());
});

it('refuses bf16 by the name of a processor without it', () => {
  requireBf16({ processor: 'Xeon 6', hasBf16: true });
  try {
    requireBf16({ processor: 'Core 2', hasBf16: false });
    expect.fail('nothing was thrown');
  } catch (error) {
    if (!OpenvinoBackendError.is(error)) throw error;
    expect(error.code).toBe('precision');
    expect(error.message).toMatch(/^The processor \(Core 2\) has no instructions for bf16\..*Use /);
  }
});
