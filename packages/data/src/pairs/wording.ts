/** With thousands apart: `2,502`. */
export function written(number: number): string {
  return number.toLocaleString('en');
}

/** `1 picture`, `2,502 pictures`. */
export function counted(number: number, noun: string): string {
  return `${written(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** A share in [0, 1] in hundredths: `24 %`, `5.3 %`. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value > 0 && value < 10 ? value.toFixed(1) : value.toFixed(0)} %`;
}
