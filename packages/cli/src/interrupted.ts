/** Thrown by long work that stopped at the user's wish after saving its state. */
export class Interrupted extends Error {}
