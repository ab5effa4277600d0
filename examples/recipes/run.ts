import { memory } from '@tensorflow/tfjs-core';
import { useEngine } from '@crossweave/core/engine';
import { makeScenes } from '@crossweave/data';
import { comparison, evaluation, lora, openData, release, training, use, weights } from './recipes';

console.log((await useEngine()).describe());
const folder = 'runs/recipes';
await makeScenes({ count: 400, seed: 7, out: `${folder}/scenes` });
const data = await openData(`${folder}/scenes/captions.jsonl`);
const before = memory().numTensors;
for (const steps of [20, 40]) {
  using state = await training(data, `${folder}/first`, steps);
  console.log(`trained to step ${state.step}`);
}
const { metrics } = await evaluation(data, `${folder}/first`);
console.log(metrics);
const merged = await lora(data, `${folder}/lora`, 10);
const loaded = await weights(merged, `${folder}/merged.safetensors`);
console.log(`${Object.keys(loaded).length} tensors saved and loaded`);
release(merged, loaded);
const compared = await comparison(data, `${folder}/fusions`, 10);
if (!compared.interrupted) console.log(compared.results.arms.map(({ name }) => name));
const [model, query = 'a red circle', ...labels] = process.argv.slice(2);
if (model !== undefined) console.log(await use(model, `${folder}/scenes/images`, query, labels));
console.log(`${memory().numTensors - before} tensors more than at first`);
