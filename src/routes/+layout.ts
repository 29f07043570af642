// Everything happens in the browser: no page is drawn on a server or ahead of time.
export const ssr = false;
export const prerender = false;
