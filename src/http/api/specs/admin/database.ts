import { route } from "../../route.ts";
import { DatabaseHealth } from "../../schemas/health.ts";

export const getDatabase = route({
  id: "getDatabase",
  method: "get",
  path: "/v1/database",
  tag: "service",
  summary: "How the database is",
  description:
    "Sizes, growth, index use, dead rows, the slowest statements, what the cleanup removed and when it is due, and drift.",
  answers: { 200: { description: "Its health", schema: DatabaseHealth } },
  problems: [],
});
