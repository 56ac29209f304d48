import { all, type Dockerfile, pairs, type Stage } from './dockerfile.ts';

interface Rule {
  readonly rule: string;
  readonly holds: (dockerfile: Dockerfile) => boolean;
}

/** The base image, whose name is an argument. */
const BASE = /^\$\{NODE_IMAGE\}$/;
const SECRET_NAME = /SECRET|TOKEN|PASSWORD|PRIVATE|CREDENTIAL|_KEY/i;

/** What nobody can see in the image that is built from it: the rest is asked of that, in image.test.ts. */
const rules: readonly Rule[] = [
  {
    rule: 'every stage starts from the slim Node 24 of a named Debian, or from another stage',
    holds: ({ args, stages }) =>
      stages.length > 1 &&
      /^node:24-[a-z]+-slim$/.test(args.get('NODE_IMAGE') ?? '') &&
      stages.every(({ base }) => BASE.test(base) || stages.some(({ name }) => name === base)),
  },
  {
    rule: 'packages come from the lockfile, and run no scripts of theirs',
    holds: ({ stages }) =>
      installs(stages).every((run) => /npm ci /.test(run) && /--ignore-scripts/.test(run)),
  },
  {
    rule: 'no argument, variable or label carries a secret',
    holds: ({ args, stages }) =>
      [
        ...args.keys(),
        ...stages.flatMap((stage) => [
          ...all(stage, 'ARG').map(({ rest }) => rest.split('=', 1)[0] as string),
          ...pairs(stage, 'ENV').keys(),
          ...pairs(stage, 'LABEL').keys(),
        ]),
      ].every((name) => !SECRET_NAME.test(name)),
  },
];

/** The rules that a Dockerfile breaks, in words. */
export function brokenRules(dockerfile: Dockerfile): string[] {
  return rules.filter(({ holds }) => !holds(dockerfile)).map(({ rule }) => rule);
}

function installs(stages: readonly Stage[]): string[] {
  return stages
    .flatMap((stage) => all(stage, 'RUN'))
    .map(({ rest }) => rest)
    .filter((run) => /npm (ci|i|install|add)\b/.test(run));
}
