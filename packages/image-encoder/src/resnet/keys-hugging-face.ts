import { keyMap } from '@crossweave/checkpoints';

/** Stages and convolutions count from 0 there and from 1 here. */
const stages = [1, 2, 3, 4] as const;
const convolutions = [1, 2, 3] as const;

/**
 * Hugging Face's `ResNetModel`, alone or as the `resnet.` of a classifier, which is dropped. (Not
 * of a network with `downsample_in_bottleneck`, whose strides stand elsewhere.)
 */
export const huggingFaceResNetKeys = keyMap('Hugging Face ResNet', {
  rules: {
    'embedder.embedder.convolution.weight': 'conv1.weight',
    'embedder.embedder.normalization.*': 'bn1.*',
    ...Object.fromEntries(
      stages.flatMap((stage) => {
        const theirs = `encoder.stages.${stage - 1}.layers.*`;
        const ours = `layer${stage}.*`;
        return [
          ...convolutions.flatMap((n) => [
            [`${theirs}.layer.${n - 1}.convolution.weight`, `${ours}.conv${n}.weight`],
            [`${theirs}.layer.${n - 1}.normalization.*`, `${ours}.bn${n}.*`],
          ]),
          [`${theirs}.shortcut.convolution.weight`, `${ours}.downsample.0.weight`],
          [`${theirs}.shortcut.normalization.*`, `${ours}.downsample.1.*`],
        ] as [string, string][];
      }),
    ),
  },
  drops: ['classifier.'],
  prefixes: ['resnet.'],
});
