import { ConfigError } from '@crossweave/core';
import { text, type Command, type OptionValues, type Session } from '../command';
import { openvinoPackage, provisionOpenvino } from '../openvino-library/provision';
import { findAddonPackage } from '../tensorflow-library/addon-package';
import { provision } from '../tensorflow-library/provision';

/** The newest release that tfjs-node 4.22's binding was built against and trained with. */
const newestTried = '2.21.0';

export const engineAdd: Command = {
  name: 'engine add',
  summary: "Gives an engine its library, TensorFlow's or OpenVINO's: from pip's wheel, or a path.",
  positionals: 'tensorflow|openvino',
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
  async run(values, positionals, session) {
    if (checkEngine('crossweave engine add', positionals, values) === 'openvino') {
      return addOpenvino(values, session);
    }
    const { terminal, signal } = session;
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

async function addOpenvino(values: OptionValues, { terminal, signal }: Session): Promise<object> {
  const from = text(values, 'from');
  const folder = openvinoPackage();
  const result = await provisionOpenvino({
    folder,
    ...(from !== undefined && { from }),
    force: values['force'] === true,
    say: (line) => terminal.note(line),
    signal,
  });
  terminal.line(
    result.changed
      ? `${folder} has OpenVINO (${result.source}) now: --engine onnx:openvino`
      : `${folder} has OpenVINO (${result.source}) already; --force puts it there anew.`,
  );
  return { engine: 'onnx:openvino', folder, ...result };
}

/**
 * The engine that the one positional names.
 *
 * @throws ConfigError for any other, and for options that the engine has not.
 */
export function checkEngine(
  where: string,
  positionals: readonly string[],
  values: OptionValues,
): 'tensorflow' | 'openvino' {
  const [name] = positionals;
  if (positionals.length !== 1 || (name !== 'tensorflow' && name !== 'openvino')) {
    throw new ConfigError('name the engine', {
      where,
      expected: 'tensorflow (with --gpu: tensorflow-gpu) or openvino',
      got: positionals.join(' '),
      advice: 'The engines onnx, wasm and cpu need nothing; see crossweave doctor.',
    });
  }
  if (name === 'openvino' && values['gpu'] === true) {
    throw new ConfigError('--gpu is for tensorflow', { where, got: 'openvino --gpu' });
  }
  return name;
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
