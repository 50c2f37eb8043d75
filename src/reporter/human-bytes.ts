const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Writes a size in the unit in which `shown` gives fewer than four digits before the point. */
function inUnit(bytes: number, shown: (value: number) => string): string {
  let value = bytes;
  let unit = 0;
  // Compared as shown: 1023.97 MiB would read "1024 MiB".
  while (unit < units.length - 1 && Number(shown(value)) >= 1024) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? String(value) : shown(value)} ${units[unit]}`;
}

/** A size for people, in binary units with one decimal: `38.2 GiB`, `120 GiB`, `0 B`. */
export function humanBytes(bytes: number): string {
  return inUnit(bytes, (value) =>
    value >= 100 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, ''),
  );
}

/** A size that is an estimate: `about 48 GiB`. Digits that nobody knows are not shown. */
export function aboutBytes(bytes: number): string {
  const size = inUnit(bytes, (value) =>
    value >= 10 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, ''),
  );
  return `about ${size}`;
}
