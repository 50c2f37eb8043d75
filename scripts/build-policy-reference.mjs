// Writes the references of docs/policy.md and docs/host-file.md from the schemas
// (schema/NAME.v1.schema.json), between the two marks of each page. What stands outside
// the marks is written by hand. `--check` writes nothing and fails when a page is not current.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const marks = ['<!-- reference: begin -->', '<!-- reference: end -->'];
const pages = { policy: 'docs/policy.md', host: 'docs/host-file.md' };

/** A value as YAML writes it on one line. */
function yaml(value) {
  if (Array.isArray(value)) return `[${value.map((one) => yaml(one)).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).map(([key, one]) => `${key}: ${yaml(one)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  const bare = typeof value !== 'string' || /^[A-Za-z0-9/][\w./%-]*$/.test(value);
  return bare ? String(value) : JSON.stringify(value);
}

// A bar would end the cell of a table, a star beside a word would begin emphasis.
const code = (value) => `\`${yaml(value).replaceAll('|', '\\|')}\``;
const prose = (text) => text.replaceAll('|', '\\|').replaceAll('*', '\\*');
const anchor = (title) =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');

/** Tells one schema as Markdown. */
function referenceOf(schema) {
  const sections = [];
  const formats = new Map();

  /** A schema with what its $ref says below what it says itself. */
  function whole(node) {
    const name = node.$ref?.replace('#/definitions/', '');
    if (name === undefined) return node;
    const below = whole(schema.definitions[name]);
    return { ...below, ...node, name: below.name ?? name };
  }

  /** The form of a value in a word or two; what has keys of its own gets a section. */
  function formOf(node, title) {
    if (node.const !== undefined) return code(node.const);
    if (node.enum !== undefined) return node.enum.map((one) => code(one)).join(', ');
    if (node.properties !== undefined) {
      addSection(title, node);
      const link = `[${title}](#${anchor(title)})`;
      if (node.type === 'object') return link;
      const [, alternatives] = /^\^\(?([a-z|]+)\)?\$$/.exec(node.pattern ?? '') ?? [];
      const text = alternatives?.split('|').map((one) => code(one)) ?? ['text'];
      return [...text, `or ${link}`].join(', ');
    }
    if (node.additionalProperties?.$ref !== undefined) {
      const one = `${title}.NAME`;
      return `map of names to ${formOf(whole(node.additionalProperties), one)}`;
    }
    if (node.type === 'array') {
      if (Array.isArray(node.items)) return 'list of text';
      return `list of ${formOf(whole(node.items), `${title}[]`)}`;
    }
    if (node.name !== undefined && node.pattern !== undefined) {
      formats.set(node.name, schema.definitions[node.name]);
      return `[${words(node.name)}](#forms)`;
    }
    if (node.name === 'count') return 'number';
    return (
      { string: 'text', integer: 'number', boolean: '`true`, `false`' }[node.type] ?? node.type
    );
  }

  function addSection(title, node) {
    if (sections.some((one) => one.title === title)) return;
    const section = { title, lines: [] };
    sections.push(section);
    const required = node.required ?? [];
    // What a rule may say is what `defaults` may say: told once.
    const told = title === 'domains[]' ? schema.properties.defaults.properties : {};
    const own = Object.entries(node.properties).filter(([key]) => !(key in told));
    const rows = own.map(([key, value]) => {
      const said = whole(value);
      const place = title === 'Top level' ? key : `${title}.${key}`;
      const must = required.includes(key) ? 'required' : '';
      const fallback = said.default === undefined ? must : code(said.default);
      const example = said.examples?.[0] === undefined ? '' : code(said.examples[0]);
      return `| \`${key}\` | ${prose(said.description)} | ${formOf(said, place)} | ${fallback} | ${example} |`;
    });
    const one = node.oneOf?.map(({ required: [key] }) => `\`${key}\``);
    section.lines = [
      `### ${title}`,
      '',
      prose(title === 'Top level' ? schema.description : node.description),
      ...(one === undefined ? [] : [`Exactly one of ${one.join(', ')} is written.`]),
      '',
      '| key | meaning | form | default | example |',
      '|---|---|---|---|---|',
      ...rows,
      ...(own.length < Object.keys(node.properties).length
        ? ['', 'And every key of [defaults](#defaults).']
        : []),
      '',
    ];
  }

  addSection('Top level', schema);
  const forms = [...formats].map(
    ([name, { description, examples }]) =>
      `| ${words(name)} | ${prose(description)} | ${(examples ?? []).map((one) => code(one)).join(', ')} |`,
  );
  return [
    ...sections.flatMap(({ lines }) => lines),
    '### Forms',
    '',
    'What the values above look like.',
    '',
    '| form | how it is written | examples |',
    '|---|---|---|',
    ...forms,
    '',
  ].join('\n');
}

/** `absolutePath` as two words. */
function words(name) {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

const stale = [];
for (const [name, page] of Object.entries(pages)) {
  const schema = JSON.parse(readFileSync(join(root, 'schema', `${name}.v1.schema.json`), 'utf8'));
  const path = join(root, page);
  const text = readFileSync(path, 'utf8');
  const [from, to] = marks.map((mark) => text.indexOf(mark));
  if (from === -1 || to < from) throw new Error(`${page}: the marks of the reference are missing`);
  const wanted = `${text.slice(0, from + marks[0].length)}\n\n${referenceOf(schema)}\n${text.slice(to)}`;
  if (wanted === text) continue;
  stale.push(page);
  if (!process.argv.includes('--check')) writeFileSync(path, wanted);
}
if (process.argv.includes('--check') && stale.length > 0) {
  console.error(`Not current, run node scripts/build-policy-reference.mjs: ${stale.join(', ')}`);
  process.exitCode = 1;
} else console.log(`${Object.keys(pages).length} pages, ${stale.length} written`);
