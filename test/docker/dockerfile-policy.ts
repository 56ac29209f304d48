import { settings } from '../../src/config/settings.ts';
import { all, type Dockerfile, execForm, last, pairs, type Stage, words } from './dockerfile.ts';

interface Rule {
  readonly rule: string;
  readonly holds: (dockerfile: Dockerfile, image: Stage) => boolean;
}

/** The base image, whose name is an argument. */
const BASE = /^\$\{NODE_IMAGE\}$/;
const FROM_CONTEXT = new Set(['package.json', 'LICENSE']);
const FROM_STAGES = new Set(['/app/node_modules', '/app/dist']);
const LABELS = ['title', 'description', 'licenses', 'version', 'revision'];
const SECRET_NAME = /SECRET|TOKEN|PASSWORD|PRIVATE|CREDENTIAL|_KEY/i;

const rules: readonly Rule[] = [
  {
    rule: 'every stage starts from the slim Node 24 of a named Debian, or from another stage',
    holds: ({ args, stages }) =>
      /^node:24-[a-z]+-slim$/.test(args.get('NODE_IMAGE') ?? '') &&
      stages.every(({ base }) => BASE.test(base) || stages.some(({ name }) => name === base)),
  },
  {
    rule: 'the image is built in a stage of its own',
    holds: ({ stages }, image) => stages.length > 1 && BASE.test(image.base),
  },
  {
    rule: 'the image takes only package.json and LICENSE from the context, node_modules and dist from other stages',
    holds: (_, image) =>
      all(image, 'COPY').every(({ flags, rest }) => {
        const allowed = flags.some((flag) => flag.startsWith('--from=')) ? FROM_STAGES : FROM_CONTEXT;
        return words(rest)
          .slice(0, -1)
          .every((source) => allowed.has(source));
      }),
  },
  {
    rule: 'nothing is added from an archive or an address, and nothing copied wholesale',
    holds: ({ stages }) =>
      stages.every(
        (stage) =>
          all(stage, 'ADD').length === 0 &&
          all(stage, 'COPY').every(
            ({ rest }) =>
              !words(rest)
                .slice(0, -1)
                .some((source) => /^[./]+$/.test(source)),
          ),
      ),
  },
  {
    rule: 'packages come from the lockfile, and run no scripts of theirs',
    holds: ({ stages }) =>
      installs(stages).every((run) => /npm ci /.test(run) && /--ignore-scripts/.test(run)),
  },
  {
    rule: 'the node_modules of the image are production dependencies only',
    holds: ({ stages }, image) =>
      all(image, 'COPY')
        .filter(({ rest }) => rest.includes('node_modules'))
        .every(({ flags }) =>
          installs(stages.filter(({ name }) => flags.includes(`--from=${name}`))).every((run) =>
            /--omit=dev/.test(run),
          ),
        ),
  },
  {
    rule: 'an .npmrc is mounted for the command that needs it, never copied',
    holds: ({ stages }) =>
      stages.every((stage) =>
        stage.instructions.every(({ keyword, flags, rest }) =>
          /npmrc/.test(flags.join(' '))
            ? keyword === 'RUN' && flags.every((flag) => flag.startsWith('--mount=type=secret,'))
            : !/npmrc/.test(rest),
        ),
      ),
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
  {
    rule: 'the image runs as a user given by number, other than root, who owns none of its files',
    holds: (_, image) => {
      const from = image.instructions.findIndex(({ keyword }) => keyword === 'USER');
      return (
        all(image, 'USER').length === 1 &&
        /^[1-9]\d{4,}:[1-9]\d{4,}$/.test(last(image, 'USER')) &&
        image.instructions.slice(from).every(({ keyword }) => keyword !== 'RUN' && keyword !== 'COPY') &&
        all(image, 'COPY').every(({ flags }) => !flags.some((flag) => flag.startsWith('--chown')))
      );
    },
  },
  {
    rule: 'no package manager and no program that changes the user is left',
    holds: (_, image) => {
      const run = last(image, 'RUN');
      return /rm -rf .*\/usr\/local\/lib\/node_modules/.test(run) && /-perm \/6000 -exec chmod a-s/.test(run);
    },
  },
  {
    rule: 'node is process 1, started without a shell, and serves',
    holds: (_, image) =>
      execForm(last(image, 'ENTRYPOINT')).join(' ') === 'node dist/cli/main.js' &&
      execForm(last(image, 'CMD')).join(' ') === 'serve',
  },
  {
    rule: 'SIGTERM stops it',
    holds: (_, image) => last(image, 'STOPSIGNAL') === 'SIGTERM',
  },
  {
    rule: 'the health check is the project’s own, without a shell',
    holds: (_, image) => {
      const [, command = ''] = /^CMD (.*)$/.exec(last(image, 'HEALTHCHECK')) ?? [];
      return execForm(command).join(' ') === 'node dist/health-check.js';
    },
  },
  {
    rule: 'the image listens on every address, for production, and leaves load balancers time at its end',
    holds: (_, image) => {
      const env = pairs(image, 'ENV');
      return (
        [...env.keys()].every((name) => settings.has(name)) &&
        env.get('NODE_ENV') === 'production' &&
        env.get('HOST') === '0.0.0.0' &&
        env.get('SHUTDOWN_DELAY') === '5s' &&
        last(image, 'EXPOSE') === settings.get('PORT')?.default
      );
    },
  },
  {
    rule: 'the image says what it is (OCI annotations)',
    holds: (_, image) => {
      const labels = pairs(image, 'LABEL');
      return LABELS.every((name) => labels.has(`org.opencontainers.image.${name}`));
    },
  },
];

/** The rules that a Dockerfile breaks, in words. */
export function brokenRules(dockerfile: Dockerfile): string[] {
  const image = dockerfile.stages.at(-1);
  return rules.filter(({ holds }) => !image || !holds(dockerfile, image)).map(({ rule }) => rule);
}

function installs(stages: readonly Stage[]): string[] {
  return stages
    .flatMap((stage) => all(stage, 'RUN'))
    .map(({ rest }) => rest)
    .filter((run) => /npm (ci|i|install|add)\b/.test(run));
}
