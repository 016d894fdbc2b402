/** What a tenant may be called: what fits into a header and into an address. */
export const isTenantName = (text: string): boolean => /^[\x21-\x7e]{1,100}$/.test(text);

export const tenantNameWords = "up to 100 visible ASCII characters";
