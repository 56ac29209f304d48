import type { ConfigFile } from '../config/config-file.ts';
import type { FileChecks, LoadOptions } from '../config/load.ts';

/** The readers of the files that settings name. Only those are loaded whose file is named. */
export async function fileChecks(env: LoadOptions['env']): Promise<FileChecks> {
  return {
    ...(env.DEMO_USERS && { DEMO_USERS: await demoUsersCheck() }),
    ...(env.USER_TABLE && { USER_TABLE: await userTableCheck() }),
  };
}

async function demoUsersCheck() {
  const { parseDemoUsers } = await import('../demo/demo-auth.ts');
  return ({ text }: ConfigFile) => parseDemoUsers(text);
}

async function userTableCheck() {
  const { parseUserTable } = await import('../directory/user-table.ts');
  return ({ text, path }: ConfigFile) => parseUserTable(text, path);
}
