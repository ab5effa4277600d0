import { keyMap } from '@crossweave/checkpoints';
import { openClipTextPaths } from '../open-clip-text';

/**
 * CLIP with a modified ResNet in open_clip and OpenAI's code (`visual.*`), whose names we use. The
 * text tower and the temperature are dropped.
 */
export const openClipResNetKeys = keyMap('open_clip ResNet', {
  rules: { 'visual.**': 'visual.**' },
  drops: openClipTextPaths,
});
