/** A kind of device that XLA computes on. */
export type Platform = 'cpu' | 'cuda' | 'rocm' | 'tpu';

/** A Python package that brings a PJRT plugin. */
export interface Wheel {
  readonly platform: Platform;
  /** Its name for pip. */
  readonly name: string;
  /** Where the plugin lies below `site-packages`. */
  readonly library: string;
}

/** Packages that bring plugins, the first choice of each platform first. */
export const WHEELS: readonly Wheel[] = [
  {
    platform: 'cpu',
    name: 'lammps-jax-pjrt-cpu',
    library: 'lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so',
  },
  {
    platform: 'cpu',
    name: 'xla-cpu-pjrt',
    library: 'xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so',
  },
  {
    platform: 'cpu',
    name: 'fastatomstruct-xla-cpu',
    library: 'fastatomstruct_xla_cpu/libpjrt_cpu.so',
  },
  {
    platform: 'cuda',
    name: 'jax-cuda13-pjrt',
    library: 'jax_plugins/xla_cuda13/xla_cuda_plugin.so',
  },
  {
    platform: 'cuda',
    name: 'jax-cuda12-pjrt',
    library: 'jax_plugins/xla_cuda12/xla_cuda_plugin.so',
  },
  {
    platform: 'rocm',
    name: 'jax-rocm7-pjrt',
    library: 'jax_plugins/xla_rocm7/xla_rocm_plugin.so',
  },
  { platform: 'tpu', name: 'libtpu', library: 'libtpu/libtpu.so' },
];

/** What plugins need to start, for who reads that one does not. */
export const NEEDS: Readonly<Record<Platform, string>> = {
  cpu: 'Install another one: npx crossweave engine add xla --cpu --force.',
  cuda:
    'It needs a GPU of NVIDIA, its driver (nvidia-smi lists the GPU) and the libraries of CUDA. ' +
    'pip install "jax[cuda13]" brings those with a plugin into a Python environment, which ' +
    'CROSSWEAVE_PJRT then names.',
  rocm: 'It needs a GPU of AMD, its driver (rocminfo lists the GPU) and the libraries of ROCm.',
  tpu: 'It needs a TPU of this machine, which no other process uses.',
};

export const PLATFORMS: readonly Platform[] = ['cpu', 'cuda', 'rocm', 'tpu'];
