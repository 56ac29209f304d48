import { trimBlanks } from '../lib/blanks.ts';

/**
 * Whether a client would rather have HTML than JSON (RFC 9110 §12.5.1). Only one that names `text/html` would: browsers
 * do when somebody navigates, and scripts that take anything are better off with JSON.
 */
export function prefersHtml(accept: string | undefined): boolean {
  if (!accept?.includes('text/html')) return false;
  const html = qualityOf(accept, ['text/html']);
  return html > 0 && html >= qualityOf(accept, ['application/json', 'application/problem+json']);
}

/** The best quality of those that name one of these types; 0 when none does. */
function qualityOf(accept: string, types: readonly string[]): number {
  const qualities = accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => trimBlanks(part).toLowerCase());
    if (!types.includes(type)) return 0;
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    return q === undefined ? 1 : Number(q.slice(2)) || 0;
  });
  return Math.max(...qualities);
}
