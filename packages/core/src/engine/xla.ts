import { removeBackend } from '@tensorflow/tfjs-core';
import type { Engine, EngineSetting, Probe } from './engine';
import { importNative, isRegistered, probeBackend } from './probe';

const packageName = '@crossweave/tfjs-backend-xla';

type Platform = 'cpu' | 'cuda' | 'rocm' | 'tpu';

/** What the package exports, as far as it is used here. */
interface XlaPackage {
  registerXlaBackend(options: EngineSetting & { readonly platform: Platform }): string;
}

/** XLA on the CPU, through a PJRT plugin that comes as a Python package. */
export const xlaCpu: Engine = { ...xla('cpu', 'the CPU'), onlyByName: true };
export const xlaCuda: Engine = xla('cuda', 'GPUs of NVIDIA');
export const xlaRocm: Engine = xla('rocm', 'GPUs of AMD');
export const xlaTpu: Engine = xla('tpu', 'TPUs');

function xla(platform: Platform, where: string): Engine {
  const variant = (setting: EngineSetting): Pick<Engine, 'backend' | 'probe'> => {
    const { precision, devices } = setting;
    // As the package names its backends.
    const backend = [
      `xla:${platform}`,
      ...(precision === 'float32' ? [] : [precision]),
      ...(devices === 1 ? [] : [`x${devices}`]),
    ].join('-');
    const how = [
      ...(precision === 'float32' ? [] : [`, products and convolutions in ${precision}`]),
      ...(devices === 1 ? [] : [`, ${devices} devices`]),
    ].join('');
    const load = async (): Promise<void> => {
      await importNative(`${packageName}/register`);
      const xla = (await importNative(packageName)) as XlaPackage;
      if (!isRegistered(backend)) xla.registerXlaBackend({ platform, ...setting });
    };
    const detail = `XLA on ${where}, whole steps as one program${how}`;
    return {
      backend,
      probe: async () => {
        const probed = await probeBackend({ backend, packageName, load, detail });
        // Where no backend is chosen tfjs would try it again and again, and say so each time.
        if (!probed.usable && isRegistered(backend)) removeBackend(backend);
        return withBrief(probed);
      },
    };
  };
  return {
    name: `xla:${platform}`,
    ...variant({ precision: 'float32', devices: 1 }),
    // The products of tf32 are an instruction of NVIDIA's.
    variant: (setting) =>
      setting.precision === 'tf32' && platform !== 'cuda' ? undefined : variant(setting),
  };
}

/** Most machines have no plugin, and a list of engines needs one line about it. */
const noPlugin =
  'no PJRT plugin is found. npx crossweave engine add xla, with --cuda, --rocm or --tpu, adds one';
const noneNamed =
  'CROSSWEAVE_PJRT names no PJRT plugin for it. Unset it, or let it name a Python environment with one';

function withBrief(probe: Probe): Probe {
  if (probe.usable || !probe.reason.startsWith('there is no PJRT plugin for')) return probe;
  const isNamed = probe.reason.includes('CROSSWEAVE_PJRT names');
  return { ...probe, brief: isNamed ? noneNamed : noPlugin };
}
