import type { Engine } from './engine';
import { probeTfjsNode, tfjsNodeBackend } from './tfjs-node';

/** TensorFlow's C library on the CPU. */
export const tensorflow: Engine = {
  name: 'tensorflow',
  backend: tfjsNodeBackend,
  probe: () =>
    probeTfjsNode({
      packageName: '@tensorflow/tfjs-node',
      command: 'crossweave engine add tensorflow',
    }),
};
