// What `npm start` runs: the service. With arguments, such as `--version`, it is the command line.
if (process.argv.length > 2) await import('./cli/main.ts');
else await import('./serve.ts');
