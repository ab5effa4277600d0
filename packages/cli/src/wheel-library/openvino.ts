import type { WheelLibrary } from './provision-wheel';

export const openvinoPackage = '@crossweave/tfjs-backend-openvino';

/** The release that the package was tested with. Of it, what the CPU needs: neither the plugins for other devices nor the readers of other formats. */
export const openvinoLibrary: WheelLibrary = {
  name: 'OpenVINO',
  requirement: 'openvino==2026.4.1',
  sha256: '6b4375c17ddcac83a5180349e2e2bb811185c261066e2a920659892d58ef0e3b',
  target: 'library',
  wanted:
    /^openvino\/libs\/lib(openvino|openvino_c|openvino_intel_cpu_plugin|openvino_onnx_frontend|tbb|tbbmalloc|tbbbind_2_5|hwloc)\.so(\.\d+)*$|\.dist-info\/(METADATA|licenses\/.*)$/,
  root: 'openvino/libs',
  library: 'openvino/libs/libopenvino_c.so',
  command: 'crossweave engine add openvino',
  variable: 'CROSSWEAVE_OPENVINO',
};
