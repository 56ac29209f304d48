/* The chunks of the installed `@qlik/api`, as `.esbuild/embed-runtime.ts` finds them. */
declare module 'virtual:qlik-api/auth' {
  const module: unknown;
  export = module;
}

declare module 'virtual:qlik-api/invoke-fetch' {
  const module: unknown;
  export = module;
}

declare module 'virtual:qlik-api/qix' {
  export { openAppSession } from '@qlik/api/qix';
}
