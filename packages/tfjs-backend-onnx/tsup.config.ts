import { packageBuild } from '../../tooling/tsup';

export default packageBuild({
  index: 'src/index.ts',
  graph: 'src/graph/index.ts',
  register: 'src/register.ts',
});
