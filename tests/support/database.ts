export { at, createTestDatabase, type TestDatabase, templateName } from "../../src/author/testing/database.ts";
export { serverVariable } from "../../src/settings/test-server.ts";
