import { packageBuild } from '../../tooling/tsup';

export default packageBuild({
  index: 'src/index.ts',
  onnx: 'src/onnx/index.ts',
});
