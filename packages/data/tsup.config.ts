import { packageBuild } from '../../tooling/tsup';

export default packageBuild({
  index: 'src/index.ts',
  'picture-worker': 'src/loading/picture-worker.ts',
});
