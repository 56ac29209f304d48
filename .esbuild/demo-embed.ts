// Puts Qlik's embed script beside the demo portal's own: its page loads nothing from elsewhere. Run by `npm run build`,
// after the compiler.
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

copyFileSync(fileURLToPath(import.meta.resolve('@qlik/embed-web-components')), 'dist/demo/browser/embed.js');
