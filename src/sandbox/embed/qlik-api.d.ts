/* The chunks of the installed `@qlik/api`, as `build/bundle-embed-runtime.ts` finds them. */
declare module 'qlik-api:auth' {
  const module: unknown;
  export = module;
}

declare module 'qlik-api:invoke-fetch' {
  const module: unknown;
  export = module;
}

declare module 'qlik-api:qix' {
  export { openAppSession } from '@qlik/api/qix';
}
