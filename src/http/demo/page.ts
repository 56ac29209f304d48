import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { pageStyle } from './page-style.ts';

/** Text that may hold anything, made fit for HTML's text and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export interface Page {
  readonly title: string;
  /** HTML; whatever came from outside is already escaped. */
  readonly body: string;
  /** Path of the page's script. */
  readonly script?: string;
  /** Origins to which the page may send forms and be sent on from there; its own is always one of them. */
  readonly formTargets?: readonly string[];
  /** Origins that the page's script may call; its own is always one of them. */
  readonly connectTo?: readonly string[];
}

const STYLE_HASH = createHash('sha256').update(pageStyle).digest('base64');

/** Sends a page of the demo, under a policy that allows its own script and style and nothing else. */
export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    "script-src 'self'",
    ["connect-src 'self'", ...(page.connectTo ?? [])].join(' '),
    ["form-action 'self'", ...(page.formTargets ?? [])].join(' '),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return reply
    .header('content-security-policy', policy.join('; '))
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(render(page));
}

function render({ title, body, script }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}</style>
${script === undefined ? '' : `<script type="module" src="${escapeHtml(script)}"></script>`}
</head>
<body>
${body}
</body>
</html>
`;
}
