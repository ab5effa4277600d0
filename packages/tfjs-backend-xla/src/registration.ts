import { OnnxBackend, registerKernels } from '@crossweave/tfjs-backend-onnx/graph';
import { registerBackend } from '@tensorflow/tfjs-core';
import { XlaBackendError } from './errors';
import { XlaExecutor } from './execution/xla-executor';
import type { XlaBackendOptions } from './options';
import { checkOptions } from './options';
import { Client } from './pjrt/client';
import type { NamedValues } from './pjrt/named-values';
import { Plugin } from './pjrt/plugin';
import { anotherPlugin, findPlugin } from './plugins/find-plugin';
import type { Platform } from './plugins/wheels';
import { NEEDS } from './plugins/wheels';
import { defaultFolder } from './store/machine';
import { ProgramStore } from './store/program-store';

/** Below all of tfjs's: it is never taken unless it is asked for. */
const PRIORITY = 0;

/**
 * What clients of a platform are asked for. The CPU is as many devices as one wants. A GPU's memory is
 * taken as it is needed, so that other programs have the rest; by itself XLA takes three quarters.
 */
function clientOptions(platform: Platform, devices: number): NamedValues {
  if (platform === 'cpu') return { cpu_device_count: devices };
  return platform === 'cuda' || platform === 'rocm' ? { preallocate: false } : {};
}

/**
 * What tfjs calls a backend: its platform, then its precision and its devices where they are not the
 * defaults, as in `xla:cpu`, `xla:cuda-bf16`, `xla:cuda-bf16-x4`.
 */
export function backendName(
  platform: Platform = 'cpu',
  { precision = 'float32', devices = 1 }: Pick<XlaBackendOptions, 'precision' | 'devices'> = {},
): string {
  const parts = [
    `xla:${platform}`,
    ...(precision === 'float32' ? [] : [precision]),
    ...(devices === 1 ? [] : [`x${devices}`]),
  ];
  return parts.join('-');
}

/**
 * Makes a backend with its kernels registered, to be registered with tfjs by the caller.
 * @throws XlaBackendError `options` for an option that is not there or out of its range, `plugin`
 * without a plugin for the platform, for one that does not start, and for one with fewer devices.
 */
export function createXlaBackend(options: XlaBackendOptions = {}): OnnxBackend {
  checkOptions(options);
  const { platform = 'cpu', plugin: path, devices = 1, precision = 'float32', ...others } = options;
  const { programFolder = defaultFolder(), ...limits } = others;
  registerKernels(backendName(platform, options));
  const plugin = Plugin.load(path ?? findPlugin(platform));
  const client = Client.open(plugin, clientOptions(platform, devices), devices, NEEDS[platform]);
  if (client.platform !== platform) {
    client.destroy();
    throw new XlaBackendError(
      'plugin',
      `The PJRT plugin ${plugin.path} is for ${client.platform}; expected one for ${platform}.`,
      undefined,
      { advice: anotherPlugin(platform) },
    );
  }
  const store = programFolder === null ? client : new ProgramStore(programFolder, client);
  const compile = (module: string) => store.compile(module);
  const compileLater = (module: string) => store.compileLater(module);
  return new OnnxBackend(limits, new XlaExecutor({ client, precision, compile, compileLater }));
}

/**
 * Registers a backend with tfjs under its name (see `backendName`), which is returned; it is made
 * when `setBackend` asks for it.
 * @throws XlaBackendError `options` for an option that is not there or out of its range.
 */
export function registerXlaBackend(options: XlaBackendOptions = {}): string {
  checkOptions(options);
  const name = backendName(options.platform, options);
  registerKernels(name);
  registerBackend(name, () => createXlaBackend(options), PRIORITY);
  return name;
}
