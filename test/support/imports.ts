import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';

/** One file's wish for another, or for a package. */
export interface Import {
  /** The file that imports, below the folder. */
  readonly file: string;
  /** What it names, as it is written; undefined when only the running program knows. */
  readonly specifier: string | undefined;
  /** Static: loaded with the file. Dynamic: loaded when the program comes there. Type: never loaded. */
  readonly kind: 'static' | 'dynamic' | 'type';
}

/** A folder's files, and what those that hold code import. */
export interface Sources {
  /** Paths below the folder, with `/` between names. */
  readonly files: readonly string[];
  readonly imports: readonly Import[];
}

interface SyntaxNode {
  readonly type: string;
  readonly [member: string]: unknown;
}

const CODE = /\.[cm]?[jt]sx?$/;

/** Reads all code below a folder. Throws an `Error` that names the file that cannot be parsed. */
export function readSources(folder: string): Sources {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replaceAll('\\', '/'))
    .map((path) => path.replace(/^\//, ''))
    .sort();
  const imports = files
    .filter((file) => CODE.test(file))
    .flatMap((file) => importsOf(file, readFileSync(join(folder, file), 'utf8')));
  return { files, imports };
}

/** All imports and re-exports of a source text: at its top, `import()`, of types alone, and of types within a type. */
export function importsOf(file: string, source: string): Import[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors.map(({ message }) => message).join('; ')}`);
  const imports: Import[] = [];
  visit(program, (node) => {
    const found = importOf(node);
    if (found) imports.push({ file, ...found });
  });
  return imports;
}

function importOf(node: SyntaxNode): Omit<Import, 'file'> | undefined {
  switch (node.type) {
    // With only `type` names in its braces an import is still made: that is what `verbatimModuleSyntax` says.
    case 'ImportDeclaration':
      return { specifier: textOf(node.source), kind: node.importKind === 'type' ? 'type' : 'static' };
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      if (!node.source) return undefined;
      return { specifier: textOf(node.source), kind: node.exportKind === 'type' ? 'type' : 'static' };
    case 'TSExternalModuleReference':
      return { specifier: textOf(node.expression), kind: 'static' };
    case 'ImportExpression':
      return { specifier: textOf(node.source), kind: 'dynamic' };
    case 'TSImportType':
      return { specifier: textOf(node.source), kind: 'type' };
    // `declare module 'name'`; a namespace's name is no text.
    case 'TSModuleDeclaration':
      return textOf(node.id) === undefined ? undefined : { specifier: textOf(node.id), kind: 'type' };
    default:
      return undefined;
  }
}

function textOf(node: unknown): string | undefined {
  const { type, value } = node as SyntaxNode;
  return type === 'Literal' && typeof value === 'string' ? value : undefined;
}

function visit(value: unknown, see: (node: SyntaxNode) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (typeof (value as SyntaxNode).type === 'string') see(value as SyntaxNode);
  for (const member of Object.values(value)) visit(member, see);
}
