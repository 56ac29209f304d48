/** One instruction of a Dockerfile, its continuation lines joined. */
export interface Instruction {
  readonly keyword: string;
  /** Words such as `--from=build` before the arguments. */
  readonly flags: readonly string[];
  /** What follows the flags, as it was written. */
  readonly rest: string;
}

export interface Stage {
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  /** Defaults of the arguments before the first stage. */
  readonly args: ReadonlyMap<string, string>;
  readonly stages: readonly Stage[];
}

/** Reads a Dockerfile without here-documents. */
export function parseDockerfile(text: string): Dockerfile {
  const args = new Map<string, string>();
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  const withoutComments = text.replace(/^\s*#.*\n?/gm, '');

  for (const line of withoutComments.replace(/\\\n/g, ' ').split('\n')) {
    const [, keyword, flags = '', rest = ''] = /^\s*(\w+)\s+((?:--\S+\s+)*)(.*)$/.exec(line) ?? [];
    if (keyword === undefined) continue;
    const instruction = { keyword: keyword.toUpperCase(), flags: words(flags), rest: rest.trim() };
    const stage = stages.at(-1);
    if (instruction.keyword === 'FROM') {
      const [base = '', , name] = words(rest);
      stages.push({ base, name, instructions: [] });
    } else if (stage) {
      stage.instructions.push(instruction);
    } else {
      const [name = '', value = ''] = instruction.rest.split('=', 2);
      args.set(name, value);
    }
  }
  return { args, stages };
}

/** All instructions of a stage with this keyword. */
export function all(stage: Stage, keyword: string): Instruction[] {
  return stage.instructions.filter((instruction) => instruction.keyword === keyword);
}

/** The pairs of `ENV` or `LABEL` in a stage. */
export function pairs(stage: Stage, keyword: string): ReadonlyMap<string, string> {
  const found = all(stage, keyword).flatMap(({ rest }) => [...rest.matchAll(/([\w.]+)=("[^"]*"|\S+)/g)]);
  return new Map(found.map(([, name = '', value = '']) => [name, value.replace(/^"|"$/g, '')]));
}

export function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
