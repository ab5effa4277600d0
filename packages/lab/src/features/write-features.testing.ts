/** Writes rows to a store until it is killed, and a line for each that is stored. */
import { FeatureStore } from './feature-store';

const store = await FeatureStore.open(process.argv[2]!, 'shared');
for (let i = 0; ; i++) {
  const pooled = new Float32Array(200).fill(i);
  const row = { pooled, mask: new Float32Array(), tokens: new Float32Array() };
  store.put([
    {
      input: `${process.pid} ${i}`,
      row: { ...row, hasTokens: false, present: true, partial: false },
    },
  ]);
  process.stdout.write(`${i}\n`);
}
