import { toOurParams } from '@crossweave/checkpoints';
import { useEngine } from '@crossweave/core/engine';
import { beforeAll } from 'vitest';
import { openClipTextKeys } from './clip/keys-open-clip';
import type { ClipTextOptionsWithVocabulary } from './clip/options';
import { clipText } from './clip/presets';
import { textEncoderFromConfig } from './config/from-config';
import type { HuggingFaceConfig } from './config/reader';
import { equalsReference } from './transformer/reference.testing';

// On the onnx engine: the fixtures are of float64, and PyTorch's own float32 gradients differ by as much.
const closeness = { rtol: 1e-4, atol: 1e-4 };

beforeAll(async () => {
  await useEngine('onnx');
});

for (const file of ['bert', 'distilbert', 'roberta', 'clip-text']) {
  equalsReference(
    file,
    ({ config, ...options }) => textEncoderFromConfig(config as HuggingFaceConfig, options),
    undefined,
    closeness,
  );
}
equalsReference(
  'open-clip-text',
  (options) =>
    clipText({ ...options, endOfText: 'largest' } as unknown as ClipTextOptionsWithVocabulary),
  (params) => toOurParams(params, openClipTextKeys),
  closeness,
);
