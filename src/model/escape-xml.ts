const entities: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&apos;',
  '"': '&quot;',
};

/** A text as it stands inside an XML element, or in an attribute in either quotes. Control characters must be gone before. */
export function escapeXml(text: string): string {
  return text.replaceAll(/[<>&'"]/g, (mark) => entities[mark] ?? mark);
}
