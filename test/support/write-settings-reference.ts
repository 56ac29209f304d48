import { writeFileSync } from 'node:fs';
import { renderEnvExample, renderSettingsPage } from '../../src/config/reference.ts';

const root = new URL('../../', import.meta.url);
writeFileSync(new URL('docs/settings.md', root), renderSettingsPage());
writeFileSync(new URL('.env.example', root), renderEnvExample());
