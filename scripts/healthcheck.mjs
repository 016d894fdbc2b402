// What a container's health check runs: ends with 0 if the service in it answers, a worker at METRICS_PORT.
const { ROLES = "api,worker", PORT = "3000", METRICS_PORT = PORT } = process.env;
const port = ROLES.includes("api") ? PORT : METRICS_PORT;
const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
process.exit(answer?.ok ? 0 : 1);
