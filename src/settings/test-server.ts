/** The variable by which the tests' own PostgreSQL server is found. */
export const serverVariable = "GALLEY_TEST_SERVER";

/** The URL of the tests' own PostgreSQL server. Undefined outside of a test run. */
export const testServerUrl = (): string | undefined => process.env[serverVariable];
