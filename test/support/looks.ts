import type { BrowserContext, Page } from 'playwright-core';

/** Has every page of the context add up by how much its content jumps, from its first moment on, also after input. */
export async function watchJumps(context: BrowserContext): Promise<void> {
  await context.addInitScript(`
    globalThis.jumps = [];
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries())
        jumps.push({ value, of: sources.map(({ node }) => node?.id || node?.className || node?.nodeName) });
    }).observe({ type: 'layout-shift', buffered: true });`);
}

/** The page's cumulative layout shift so far, and which elements moved. */
export async function jumpsOf(page: Page): Promise<{ sum: number; of: string }> {
  const jumps = (await page.evaluate('globalThis.jumps')) as { value: number; of: string[] }[];
  return { sum: jumps.reduce((sum, { value }) => sum + value, 0), of: JSON.stringify(jumps) };
}

/** All texts of the page, those in shadow roots too, that people can see. */
const TEXTS = `
  const texts = [];
  const visit = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.shadowRoot) visit(node.shadowRoot);
      const parent = node.parentElement;
      if (node.nodeType === 3 && node.data.trim() && parent?.checkVisibility({ visibilityProperty: true })
        && !parent.closest('style, script, template, desc, .hidden')) texts.push(node);
    }
  };
  visit(document.body);`;

/** The words, or parts of them at hyphens and slashes, that are broken within, and what makes the page wider than its window. */
export async function brokenWords(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    ${TEXTS}
    const broken = [];
    for (const text of texts)
      for (const { 0: word, index } of text.data.matchAll(/[^\\s\\u00ad/-]+/g)) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
        if (lines.size > 1) broken.push(word);
      }
    if (document.documentElement.scrollWidth > innerWidth) broken.push('the page is ' + document.documentElement.scrollWidth + ' wide');
    return broken;
  })()`);
}

/** The texts whose colour differs too little from what is behind them (WCAG 2.2, 1.4.3). */
export async function paleTexts(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    ${TEXTS}
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (colour) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
    const light = (colour) => {
      const [r, g, b] = colour.map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const pale = [];
    for (const text of texts) {
      const chain = [];
      for (let e = text.parentElement; e; e = e.parentElement ?? e.getRootNode().host) chain.push(e);
      let behind = rgba(matchMedia('(prefers-color-scheme: dark)').matches ? '#000' : '#fff');
      let opacity = 1;
      for (const e of chain.toReversed()) {
        const style = getComputedStyle(e);
        behind = over(rgba(style.backgroundColor), behind);
        if (e instanceof SVGElement) opacity *= Number(style.opacity);
      }
      const own = getComputedStyle(text.parentElement);
      const ink = rgba(text.parentElement instanceof SVGElement ? own.fill : own.color);
      ink[3] *= opacity;
      const [a, b] = [light(over(ink, behind)), light(behind)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) pale.push(text.data.trim() + ': ' + ratio.toFixed(2));
    }
    return pale;
  })()`);
}
