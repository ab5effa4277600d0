import { keyMap } from '@crossweave/checkpoints';
import { openClipTextPaths } from '../open-clip-text';

/**
 * open_clip's and OpenAI's CLIP with a modified ResNet (`visual.*`): the names are ours; the text
 * tower and the temperature are dropped.
 */
export const openClipResNetKeys = keyMap('open_clip ResNet', {
  rules: { 'visual.**': 'visual.**' },
  drops: openClipTextPaths,
});
