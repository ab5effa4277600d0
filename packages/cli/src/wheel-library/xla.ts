import type { WheelLibrary } from './provision-wheel';

export const xlaPackage = '@crossweave/tfjs-backend-xla';

/** What `engine add xla` can be asked for; Metal has no plugin that was tried. */
export const xlaPlatforms = ['cpu', 'cuda', 'rocm', 'tpu'] as const;
export type XlaPlatform = (typeof xlaPlatforms)[number];

/** A wheel with a PJRT plugin, and the plugin's place in it. The pins are of the wheels for Linux on x64. */
interface PluginWheel {
  readonly requirement: string;
  readonly sha256: string;
  readonly library: string;
  readonly needs?: string;
}

const wheels: Readonly<Record<XlaPlatform, PluginWheel>> = {
  cpu: {
    requirement: 'lammps-jax-pjrt-cpu==0.11.2',
    sha256: '1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1',
    library: 'lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so',
  },
  cuda: {
    requirement: 'jax-cuda13-pjrt==0.11.2',
    sha256: 'e5ff589d43064913bb74027682d89639c7ea48f9f81c2bae6fc75117e913f93e',
    library: 'jax_plugins/xla_cuda13/xla_cuda_plugin.so',
    needs:
      'It needs the driver of a GPU and the libraries of CUDA 13 and cuDNN, which are not in the ' +
      'wheel. Where the system has none, pip install "jax[cuda13]" brings them with a plugin into a ' +
      'Python environment, which CROSSWEAVE_PJRT names.',
  },
  rocm: {
    requirement: 'jax-rocm7-pjrt==0.12.0',
    sha256: '4551d0714523355f2946ca1958c3f584e95661e467a641d36b726f718a1c7934',
    library: 'jax_plugins/xla_rocm7/xla_rocm_plugin.so',
    needs: 'It needs the driver of a GPU and the libraries of ROCm 7, which are not in the wheel.',
  },
  tpu: {
    requirement: 'libtpu==0.0.52',
    sha256: 'f76ab1f4d697c346371c50058796f6baa93317b89be8cf8a1012715a2655120d',
    library: 'libtpu/libtpu.so',
  },
};

/**
 * The plugin of a platform. The wheel is unpacked as it is, below a folder of the platform, because
 * plugins look for the libraries of their device beside themselves.
 */
export function xlaLibrary(platform: XlaPlatform): WheelLibrary {
  return {
    ...wheels[platform],
    name: `PJRT for ${platform}`,
    target: `plugins/${platform}`,
    wanted: /./,
    root: '',
    command: `crossweave engine add xla --${platform}`,
    variable: 'CROSSWEAVE_PJRT',
  };
}
