import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { pageStyle } from './page-style.ts';

/** Text that may hold anything, made fit for HTML's text and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export interface HtmlPage {
  readonly title: string;
  /** HTML; whatever came from outside is already escaped. */
  readonly body: string;
  /** CSS of its own, besides that of all pages. */
  readonly style?: string;
  /** Path of its icon, an SVG. */
  readonly icon?: string;
  /** HTML of its script tags. */
  readonly scripts?: string;
  /** Origins to which the page may send forms and be sent on from there; its own is always one of them. */
  readonly formTargets?: readonly string[];
  /** The tenant's origin: the page runs its scripts and calls it, also by WebSocket. */
  readonly tenant?: string;
}

/** The one style sheet that `<qlik-embed>` writes into the page. */
const EMBED_STYLE = 'qlik-embed-initial-selections {display: none};';

/** Sends a page, under a policy that allows its own scripts and style, the tenant's, and nothing else. */
export function sendPage(reply: FastifyReply, page: HtmlPage): FastifyReply {
  const { tenant, icon, style = '' } = page;
  const styles = [pageStyle + style, ...(tenant ? [EMBED_STYLE] : [])].map(hashSource);
  const sockets = tenant?.replace(/^http/, 'ws');
  const policy = [
    "default-src 'none'",
    `style-src ${styles.join(' ')}`,
    tenant ? `script-src 'self' ${tenant}` : "script-src 'none'",
    tenant ? `connect-src 'self' ${tenant} ${sockets}` : "connect-src 'none'",
    ...(icon === undefined ? [] : ["img-src 'self'"]),
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

function hashSource(style: string): string {
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}

function render({ title, body, style = '', icon, scripts = '' }: HtmlPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
${icon === undefined ? '' : `<link rel="icon" type="image/svg+xml" href="${escapeHtml(icon)}">\n`}<style>${pageStyle}${style}</style>
${scripts}
</head>
<body>
${body}
</body>
</html>
`;
}
