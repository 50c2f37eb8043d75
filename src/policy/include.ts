import type { Failure, Result } from '../model/result.ts';
import { hasErrors, type Diagnostic, type Diagnostics } from './diagnostic.ts';
import { policySchemaErrors } from './generated/policy-schema.ts';
import { parseYaml } from './parse-yaml.ts';
import { schemaDiagnostics } from './schema-diagnostics.ts';
import { diagnose, diagnoseFile, type Path, type Saying, type Source } from './source.ts';
import { usableFile, type UsableFile } from './usable.ts';

/**
 * Where policies come from: a directory, or git's blobs at a commit. It refuses
 * symbolic links and files above 1 MiB (G103); `path` of an included file is
 * always below the folder of the file that includes it.
 */
export interface PolicyReader {
  readonly read: (path: string) => Result<string, Failure>;
}

// Deeper nesting cannot be followed by a person who looks for a rule.
const maxDepth = 4;

/** Everything that was read. */
export interface LoadedFiles {
  /** Included files before the file that includes them: the order of their rules. The main file is the last. */
  readonly files: readonly UsableFile[];
  /** In the order of reading, the main file first. */
  readonly texts: readonly { readonly file: string; readonly text: string }[];
  readonly diagnostics: Diagnostics;
  /** Some file, or part of one, could not be used: what seems to be missing may be in there. */
  readonly partial: boolean;
}

/** Reads the main file and what it includes, and checks the form of each. */
export function loadFiles(main: string, reader: PolicyReader): LoadedFiles {
  const files: UsableFile[] = [];
  const texts: { file: string; text: string }[] = [];
  const diagnostics: Diagnostic[] = [];
  const known = new Set<string>();

  const load = (file: string, above: readonly string[], at: IncludePlace | null): void => {
    const say = (saying: Saying): void => {
      diagnostics.push(
        at === null ? diagnoseFile(file, saying) : diagnose(at.source, at.path, saying),
      );
    };
    if (above.includes(file)) {
      return say({
        code: 'HP113',
        summary: `${file} includes itself: ${[...above.slice(above.indexOf(file)), file].join(' → ')}`,
        detail: 'remove this line',
      });
    }
    if (above.length > maxDepth) {
      return say({
        code: 'HP114',
        summary: 'included more than 4 deep',
        detail: `include it from ${main}`,
      });
    }
    // A file that two others include counts once.
    if (known.has(file)) return undefined;
    known.add(file);
    const text = reader.read(file);
    if (!text.ok) return say({ code: 'HP100', summary: `cannot be read: ${text.error.message}` });
    texts.push({ file, text: text.value });
    const usable = readFile(text.value, file, diagnostics);
    if (usable === null) return undefined;
    for (const [position, path] of (usable.file.include ?? []).entries()) {
      const index = usable.indexes.include[position] ?? position;
      load(besides(file, path), [...above, file], {
        source: usable.source,
        path: ['include', index],
      });
    }
    files.push(usable);
    return undefined;
  };
  load(main, [], null);
  return { files, texts, diagnostics, partial: hasErrors(diagnostics) };
}

interface IncludePlace {
  readonly source: Source;
  readonly path: Path;
}

function readFile(text: string, file: string, diagnostics: Diagnostic[]): UsableFile | null {
  const parsed = parseYaml(text, file);
  diagnostics.push(...parsed.diagnostics);
  if (parsed.source === null) return null;
  const errors = policySchemaErrors(parsed.source.data);
  const newer = errors.filter(
    ({ instancePath, keyword, data }) =>
      instancePath === '/version' && keyword === 'const' && typeof data === 'number' && data > 1,
  );
  // What a newer version means is not guessed, so only that is said.
  const told = newer.length > 0 ? newer : errors;
  diagnostics.push(...schemaDiagnostics(parsed.source, told));
  // A key that stands twice has a meaning only once one of them is gone; a missing quote has one.
  const clear = parsed.diagnostics.every(({ code }) => code === 'HP102');
  return newer.length > 0 || !clear ? null : usableFile(parsed.source, errors);
}

/** A path that is relative to a file. */
function besides(file: string, path: string): string {
  const slash = file.lastIndexOf('/');
  return slash === -1 ? path : `${file.slice(0, slash + 1)}${path}`;
}
