/** Pictures or texts that go through a tower at a time. */
const batchSize = 32;

/** What `run` gives for each batch of the items, in order. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  run: (batch: readonly Item[]) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += batchSize) {
    results.push(await run(items.slice(at, at + batchSize)));
  }
  return results;
}
