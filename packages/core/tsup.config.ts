import { packageBuild } from '../../tooling/tsup';

export default packageBuild({
  index: 'src/index.ts',
  authoring: 'src/authoring/index.ts',
  nn: 'src/nn/index.ts',
  engine: 'src/engine/index.ts',
  testing: 'src/testing/index.ts',
  node: 'src/node/index.ts',
});
