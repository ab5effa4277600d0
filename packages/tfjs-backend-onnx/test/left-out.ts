/** The name of a group of tests, with the reason why they are left out if they are. */
export function named(what: string, reason: string | null): string {
  return reason === null ? what : `${what} (left out: ${reason})`;
}
