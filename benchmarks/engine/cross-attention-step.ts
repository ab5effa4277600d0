import * as tf from '@tensorflow/tfjs-core';
import { SIZES, init, initAdam, loss, trainStep } from './model';
import { measure, setUp } from './measure';

await setUp();
const { batch, imageTokens, imageWidth, textTokens, textWidth } = SIZES;
const image = tf.randomNormal<tf.Rank.R3>([batch, imageTokens, imageWidth], 0, 1, 'float32', 7);
const text = tf.randomNormal<tf.Rank.R3>([batch, textTokens, textWidth], 0, 1, 'float32', 8);
let state = initAdam(init());
await measure('cross-attention', () => {
  const result = trainStep(state, (params) => loss(params, image, text));
  state = result.state;
  return result.loss;
});
