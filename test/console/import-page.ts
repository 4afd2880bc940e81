/** Imports a file of the console's page that uses a browser's types: the tests are compiled without them. */
export async function importPage<Module>(path: string): Promise<Module> {
  return import(new URL(`../../console/src/${path}`, import.meta.url).href) as Promise<Module>;
}
