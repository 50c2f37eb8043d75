/** Asks until it is true; a test that waits in vain says for what, and what `tell` knows. */
export async function eventually(
  what: string,
  ask: () => Promise<boolean>,
  tell: () => string = () => '',
): Promise<void> {
  const end = performance.now() + 120_000;
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`in vain: ${what}\n${tell()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
