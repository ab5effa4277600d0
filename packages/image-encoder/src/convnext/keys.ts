import { keyMap } from '@crossweave/checkpoints';

/**
 * Hugging Face's `ConvNextModel` and `ConvNextV2Model`, alone or as a part of a classifier. We use
 * their names; the classifier is dropped.
 */
export const huggingFaceConvNextKeys = keyMap('Hugging Face ConvNeXt', {
  rules: {
    'embeddings.**': 'embeddings.**',
    'encoder.**': 'encoder.**',
    'layernorm.*': 'layernorm.*',
  },
  drops: ['classifier.'],
  prefixes: ['convnext.', 'convnextv2.'],
});

/**
 * timm's `ConvNeXt` (`convnext_tiny`): the classifier is dropped. Its last norm needs `epsilon: 1e-6`.
 * (ConvNeXt V2 of timm, whose response norms have other shapes, is not covered.)
 */
export const timmConvNextKeys = keyMap('timm ConvNeXt', {
  rules: {
    'stem.0.*': 'embeddings.patch_embeddings.*',
    'stem.1.*': 'embeddings.layernorm.*',
    'stages.*.downsample.0.*': 'encoder.stages.*.downsampling_layer.0.*',
    'stages.*.downsample.1.*': 'encoder.stages.*.downsampling_layer.1.*',
    'stages.*.blocks.*.gamma': 'encoder.stages.*.layers.*.layer_scale_parameter',
    'stages.*.blocks.*.conv_dw.*': 'encoder.stages.*.layers.*.dwconv.*',
    'stages.*.blocks.*.norm.*': 'encoder.stages.*.layers.*.layernorm.*',
    'stages.*.blocks.*.mlp.fc1.*': 'encoder.stages.*.layers.*.pwconv1.*',
    'stages.*.blocks.*.mlp.fc2.*': 'encoder.stages.*.layers.*.pwconv2.*',
    'head.norm.*': 'layernorm.*',
  },
  drops: ['head.fc.'],
});
