/**
 * `map` over items, begun for up to `most` of them before their results are asked for; results in
 * the order of the items. Nothing is begun while nobody asks. Ending the loop ends the items; work that has begun
 * is waited for, and its results go to `drop`.
 */
export async function* mapAhead<Item, Result>(
  items: AsyncGenerator<Item> | Generator<Item>,
  most: number,
  map: (item: Item) => Promise<Result>,
  drop: (result: Result) => void = () => undefined,
): AsyncGenerator<Result, void, undefined> {
  const begun: Promise<Result>[] = [];
  let ended = false;
  try {
    for (;;) {
      while (!ended && begun.length < most) {
        const next = await items.next();
        if (next.done === true) ended = true;
        else {
          const result = map(next.value);
          // A failure is thrown when its result is asked for; until then it is not unhandled.
          result.catch(() => undefined);
          begun.push(result);
        }
      }
      const first = begun.shift();
      if (first === undefined) return;
      yield await first;
    }
  } finally {
    await items.return(undefined);
    await Promise.all(begun.map((result) => result.then(drop, () => undefined)));
  }
}
