import { expect, it } from 'vitest';
import { multipliesBf16 } from './processor';

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
