import { ConfigError } from '@crossweave/core';
import { text, type Command, type OptionValues, type Session } from '../command';
import { findAddonPackage } from '../tensorflow-library/addon-package';
import { provision } from '../tensorflow-library/provision';
import { openvinoLibrary, openvinoPackage } from '../wheel-library/openvino';
import {
  installedPackage,
  provisionWheel,
  type WheelLibrary,
} from '../wheel-library/provision-wheel';
import { xlaLibrary, xlaPackage, xlaPlatforms, type XlaPlatform } from '../wheel-library/xla';

/** The newest release that tfjs-node 4.22's binding was built against and trained with. */
const newestTried = '2.21.0';

/** Which plugin of XLA; the CPU's where none is named. */
export const xlaFlags: Command['options'] = {
  cpu: { type: 'boolean', summary: 'for xla: the plugin for the CPU, which is the default' },
  cuda: { type: 'boolean', summary: 'for xla: the plugin for GPUs of NVIDIA' },
  rocm: { type: 'boolean', summary: 'for xla: the plugin for GPUs of AMD' },
  tpu: { type: 'boolean', summary: 'for xla: the plugin for TPUs' },
};

export const engineAdd: Command = {
  name: 'engine add',
  summary:
    "Gives an engine its library, of TensorFlow, OpenVINO or XLA: from pip's wheel, or a path.",
  positionals: 'tensorflow|openvino|xla',
  options: {
    gpu: { type: 'boolean', summary: 'for tfjs-node-gpu: the CUDA build, with its CUDA libraries' },
    ...xlaFlags,
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
    const named = checkEngine('crossweave engine add', positionals, values);
    if (named !== 'tensorflow') return addWheel(wheelOf(named, values), values, session);
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

async function addWheel(
  { engine, packageName, library }: EngineWheel,
  values: OptionValues,
  { terminal, signal }: Session,
): Promise<object> {
  const from = text(values, 'from');
  const folder = installedPackage(packageName);
  const result = await provisionWheel(library, {
    folder,
    ...(from !== undefined && { from }),
    force: values['force'] === true,
    say: (line) => terminal.note(line),
    signal,
  });
  terminal.line(
    result.changed
      ? `${folder} has ${library.name} (${result.source}) now: --engine ${engine}`
      : `${folder} has ${library.name} (${result.source}) already; --force puts it there anew.`,
  );
  if (library.needs !== undefined) terminal.line(library.needs);
  return { engine, folder, ...result };
}

/** An engine whose library comes in a wheel, and the package that the library is for. */
export interface EngineWheel {
  readonly engine: string;
  readonly packageName: string;
  readonly library: WheelLibrary;
}

/** The wheel of an engine that was named. XLA's is that of the one platform among the flags, or of the CPU. */
export function wheelOf(name: 'openvino' | 'xla', values: OptionValues): EngineWheel {
  if (name === 'openvino') {
    return { engine: 'onnx:openvino', packageName: openvinoPackage, library: openvinoLibrary };
  }
  const [platform = 'cpu'] = platformsOf(values);
  return { engine: `xla:${platform}`, packageName: xlaPackage, library: xlaLibrary(platform) };
}

const platformsOf = (values: OptionValues): XlaPlatform[] =>
  xlaPlatforms.filter((platform) => values[platform] === true);

/**
 * The engine that the one positional names.
 *
 * @throws ConfigError for any other, and for options that the engine has not.
 */
export function checkEngine(
  where: string,
  positionals: readonly string[],
  values: OptionValues,
): 'tensorflow' | 'openvino' | 'xla' {
  const [name] = positionals;
  if (positionals.length !== 1 || !isEngine(name)) {
    throw new ConfigError('name the engine', {
      where,
      expected: 'tensorflow (with --gpu: tensorflow-gpu), openvino or xla',
      got: positionals.join(' '),
      advice: 'The engines onnx, wasm and cpu need nothing; see crossweave doctor.',
    });
  }
  if (name !== 'tensorflow' && values['gpu'] === true) {
    const advice = name === 'xla' ? 'Name the platform: --cuda or --rocm.' : undefined;
    throw new ConfigError('--gpu is for tensorflow', { where, got: `${name} --gpu`, advice });
  }
  const platforms = platformsOf(values).map((platform) => `--${platform}`);
  if (platforms.length > (name === 'xla' ? 1 : 0)) {
    throw new ConfigError(
      name === 'xla' ? 'xla takes one platform at a time' : `${platforms[0]} is for xla`,
      { where, got: [name, ...platforms].join(' ') },
    );
  }
  return name;
}

const isEngine = (name: string | undefined): name is 'tensorflow' | 'openvino' | 'xla' =>
  name === 'tensorflow' || name === 'openvino' || name === 'xla';

function releaseOf(values: OptionValues): string {
  const release = text(values, 'tensorflow') ?? newestTried;
  if (/^\d+\.\d+\.\d+\w*$/.test(release)) return release;
  throw new ConfigError('--tensorflow must be a release', {
    where: 'crossweave engine add',
    expected: `a number such as ${newestTried}`,
    got: release,
  });
}
