/** A pending graph of at least this many operators runs when the program awaits something. */
export const MIN_TURN = 100;

/**
 * Runs the graph when the program awaits, for loops that await between steps but read nothing. So
 * every step becomes the same graph, where the bound on operators would split the steps at
 * arbitrary places.
 */
export class Turn {
  private isDue = false;

  /** @param run the pending graph. */
  constructor(private readonly run: () => void) {}

  /** Has the graph run at the end of this turn of the event loop. */
  await(): void {
    if (this.isDue) return;
    this.isDue = true;
    queueMicrotask(() => {
      this.isDue = false;
      try {
        this.run();
      } catch {
        // Nothing has read these values yet; reading them gives the error.
      }
    });
  }
}
