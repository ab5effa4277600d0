import { ConfigError } from '@crossweave/core';
import { text, type Command, type OptionValues } from '../command';
import { findAddonPackage } from '../tensorflow-library/addon-package';
import { provision } from '../tensorflow-library/provision';

/** The newest release that tfjs-node 4.22's binding was built against and trained with. */
const newestTried = '2.21.0';

export const engineAdd: Command = {
  name: 'engine add',
  summary: "Gives tfjs-node TensorFlow's C library: from pip's wheel, or from a path.",
  positionals: 'tensorflow',
  options: {
    gpu: { type: 'boolean', summary: 'for tfjs-node-gpu: the CUDA build, with its CUDA libraries' },
    tensorflow: {
      type: 'string',
      value: 'VERSION',
      summary: 'release that pip gets',
      default: newestTried,
    },
    from: {
      type: 'string',
      value: 'PATH',
      summary: 'a wheel, a libtensorflow archive, or a folder of either',
    },
    force: { type: 'boolean', summary: 'build anew what is there already' },
  },
  example: 'crossweave engine add tensorflow',
  async run(values, positionals, { terminal, signal }) {
    checkTensorflow('crossweave engine add', positionals);
    const gpu = values['gpu'] === true;
    const from = text(values, 'from');
    const began = performance.now();
    const addon = findAddonPackage(gpu);
    const result = await provision({
      addon,
      gpu,
      ...(from !== undefined && { from }),
      tensorflow: releaseOf(values),
      force: values['force'] === true,
      say: (line) => {
        terminal.note(`${line} (${((performance.now() - began) / 1000).toFixed(0)} s)`);
      },
      signal,
    });
    const engine = gpu ? 'tensorflow-gpu' : 'tensorflow';
    terminal.line(
      result.changed
        ? `${addon.name} ${addon.version} computes with TensorFlow ${result.tensorflow} now: --engine ${engine}`
        : `${addon.name} ${addon.version} has TensorFlow ${result.tensorflow} already; --force builds it anew.`,
    );
    return { engine, package: addon.name, folder: addon.folder, ...result };
  },
};

/** @throws ConfigError unless the one positional names the engine that can be provisioned. */
export function checkTensorflow(where: string, positionals: readonly string[]): void {
  if (positionals.length === 1 && positionals[0] === 'tensorflow') return;
  throw new ConfigError('name the engine', {
    where,
    expected: 'tensorflow (with --gpu: tensorflow-gpu)',
    got: positionals.join(' '),
    advice: 'The engines onnx, wasm and cpu need nothing; see crossweave doctor.',
  });
}

function releaseOf(values: OptionValues): string {
  const release = text(values, 'tensorflow') ?? newestTried;
  if (/^\d+\.\d+\.\d+\w*$/.test(release)) return release;
  throw new ConfigError('--tensorflow must be a release', {
    where: 'crossweave engine add',
    expected: `a number such as ${newestTried}`,
    got: release,
  });
}
