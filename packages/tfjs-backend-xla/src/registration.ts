import { OnnxBackend, registerKernels } from '@crossweave/tfjs-backend-onnx/graph';
import { registerBackend } from '@tensorflow/tfjs-core';
import { XlaBackendError } from './errors';
import { XlaExecutor } from './execution/xla-executor';
import type { XlaBackendOptions } from './options';
import { checkOptions } from './options';
import { Client } from './pjrt/client';
import { Plugin } from './pjrt/plugin';
import { findPlugin } from './plugins/find-plugin';
import type { Platform } from './plugins/wheels';

/** Below all of tfjs's: it is never taken unless it is asked for. */
const PRIORITY = 0;
/** Virtual devices of one machine would share its memory and its threads. */
const OPTIONS: Readonly<Record<Platform, Readonly<Record<string, number>>>> = {
  cpu: { cpu_device_count: 1 },
  cuda: {},
  rocm: {},
  tpu: {},
};

/** What tfjs calls the backend of a platform: `xla:cpu`, `xla:cuda` … */
export function backendName(platform: Platform = 'cpu'): string {
  return `xla:${platform}`;
}

/**
 * Makes a backend with its kernels registered, to be registered with tfjs by the caller.
 * @throws XlaBackendError `options` for an option that is not there or out of its range, `plugin`
 * without a plugin for the platform, or one that does not start.
 */
export function createXlaBackend(options: XlaBackendOptions = {}): OnnxBackend {
  checkOptions(options);
  const { platform = 'cpu', plugin: path, ...limits } = options;
  registerKernels(backendName(platform));
  const plugin = Plugin.load(path ?? findPlugin(platform));
  const client = Client.open(plugin, OPTIONS[platform]);
  if (client.platform !== platform) {
    client.destroy();
    throw new XlaBackendError(
      'plugin',
      `The PJRT plugin ${plugin.path} is for ${client.platform}; expected one for ${platform}.`,
    );
  }
  return new OnnxBackend(limits, new XlaExecutor(client));
}

/**
 * Registers a backend with tfjs under its platform's name (see `backendName`), which is returned;
 * it is made when `setBackend` asks for it.
 * @throws XlaBackendError `options` for an option that is not there or out of its range.
 */
export function registerXlaBackend(options: XlaBackendOptions = {}): string {
  checkOptions(options);
  const name = backendName(options.platform);
  registerKernels(name);
  registerBackend(name, () => createXlaBackend(options), PRIORITY);
  return name;
}
