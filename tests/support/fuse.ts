export { type Fuse, layFuse, socketOf, textOf, watch } from "../../src/author/testing/crash/fuse.ts";
