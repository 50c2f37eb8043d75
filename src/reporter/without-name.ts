/** What a driver said of a store, without the store's name, for lines that have named it. */
export function withoutName(message: string, name: string): string {
  return message.replace(`store ${name}: `, '');
}
