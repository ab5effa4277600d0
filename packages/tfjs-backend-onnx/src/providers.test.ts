import { expect, it } from 'vitest';
import { OnnxBackendError } from './errors';
import { PROVIDERS, checkProvider, providerError } from './providers';

it('knows its names', () => {
  for (const provider of PROVIDERS) expect(checkProvider(provider)).toBe(provider);
});

it.each(['WebGPU', 'constructor', ''])('refuses "%s"', (name) => {
  expect(() => checkProvider(name)).toThrow(
    new OnnxBackendError(
      'provider',
      `createOnnxBackend: there is no provider "${name}"; expected one of cpu, webgpu, cuda.`,
    ),
  );
});

it('tells the reason without the place in the source where it was found', () => {
  const cause = new Error(
    '/src/webgpu_context.cc:136 void f()::<lambda()> result.status == Success was false. ' +
      'Failed to get a WebGPU adapter: No supported adapters\n',
  );
  const error = providerError('webgpu', cause);
  expect(error.code).toBe('provider');
  expect(error.cause).toBe(cause);
  expect(error.message).toContain(': Failed to get a WebGPU adapter: No supported adapters. It ');
  expect(error.message).not.toContain('.cc');
});
