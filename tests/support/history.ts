export { walkHistory } from "../../src/author/testing/crash/history.ts";
