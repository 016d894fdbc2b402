/**
 * Of a shop: `x.myshopify.com`. Checked whole and in small letters, since requests with its credentials go to it: no port,
 * path, user or other host fits.
 */
export const shopDomain = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.myshopify\.com$/;

/** Of a blog: its number, or `gid://shopify/Blog/` and that. */
export const blogId = /^(gid:\/\/shopify\/Blog\/)?[1-9]\d{0,19}$/;
