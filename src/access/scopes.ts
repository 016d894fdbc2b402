/** What a key may be for. None includes another. `admin`: what concerns the service as a whole. */
export const scopes = ["jobs:read", "jobs:write", "admin"] as const;

export type Scope = (typeof scopes)[number];

/** Of a key that is made without any. */
export const usualScopes: readonly Scope[] = ["jobs:read", "jobs:write"];
