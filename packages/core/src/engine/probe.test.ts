import { KernelBackend, env, registerBackend, setBackend } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { importNative, probeBackend, type BackendSource } from './probe';

const source = (load: () => Promise<unknown>): BackendSource => ({
  backend: 'trial',
  packageName: 'trial-backend',
  detail: 'for tests',
  load,
});

afterEach(() => setBackend('cpu'));

describe('probeBackend', () => {
  it('tells a package that is not installed', async () => {
    expect(await probeBackend(source(() => importNative('trial-backend')))).toEqual({
      usable: false,
      reason: 'trial-backend is not installed',
      advice: 'Install it: npm install trial-backend',
    });
  });

  it('tells a package that fails while it loads, in one line', async () => {
    const load = () => Promise.reject(new Error('libcudart.so.11.0: cannot open\n  at /x'));
    expect(await probeBackend(source(load))).toMatchObject({
      reason: 'trial-backend does not load: libcudart.so.11.0: cannot open',
    });
  });

  it('tells a missing dependency of the package from the package itself', async () => {
    const load = () => Promise.reject(new Error("Cannot find module 'other'"));
    expect(await probeBackend(source(load))).toMatchObject({
      reason: "trial-backend does not load: Cannot find module 'other'",
    });
  });

  it('tells why a backend does not start', async () => {
    const start = (): KernelBackend => {
      throw new Error('no device');
    };
    registerBackend('never-starts', start);
    const never = { ...source(() => Promise.resolve()), backend: 'never-starts' };
    const warnings = vi.spyOn(console, 'warn');
    env().set('IS_TEST', false);
    onTestFinished(() => {
      env().set('IS_TEST', true);
      warnings.mockRestore();
    });
    expect(await probeBackend(never)).toMatchObject({
      usable: false,
      reason: 'trial-backend is installed, but its backend does not work: no device',
    });
    expect(warnings).not.toHaveBeenCalled();
    expect(env().getBool('PROD')).toBe(false);
  });

  it('hands on the advice of an error that has one, and its reason in one line', async () => {
    const summary = 'The library does not start:\n  no device.';
    const own = Object.assign(new Error(summary), { summary, advice: 'Plug one in.' });
    const expected = {
      ...{ usable: false, reason: 'the library does not start: no device' },
      advice: 'Plug one in.',
    };
    expect(await probeBackend(source(() => Promise.reject(own)))).toEqual(expected);
    registerBackend('without-device', () => {
      throw own;
    });
    const never = { ...source(() => Promise.resolve()), backend: 'without-device' };
    expect(await probeBackend(never)).toEqual(expected);
  });

  it('tells a backend that starts and cannot compute', async () => {
    registerBackend('empty', () => new KernelBackend());
    const empty = { ...source(() => Promise.resolve()), backend: 'empty' };
    const probe = await probeBackend(empty);
    expect(probe).toMatchObject({ usable: false });
    expect(probe.usable ? '' : probe.reason).toMatch(/^trial-backend is installed, but/);
  });

  it('does not import a package whose backend the program has registered', async () => {
    const load = () => Promise.reject(new Error('imported'));
    const probe = await probeBackend({ ...source(load), backend: 'cpu' });
    expect(probe).toEqual({ usable: true, detail: 'for tests' });
  });
});
