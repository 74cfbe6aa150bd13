// Runs as a classic script before the module graph, under the page's nonce.

// zod otherwise probes `new Function`, which the policy reports as an eval on every page.
globalThis.__zod_globalConfig = { jitless: true };

// React and Mantine write style text through innerHTML. Text without markup is all they need.
if (globalThis.trustedTypes) {
  trustedTypes.createPolicy('default', {
    createHTML: (text) => (text.includes('<') ? null : text),
  });
}

// The colour scheme stands before the first paint.
try {
  const stored = localStorage.getItem('mantine-color-scheme-value') || 'auto';
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const scheme = stored === 'auto' ? (dark ? 'dark' : 'light') : stored;
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme);
} catch {
  // Storage can be switched off; the page then follows Mantine's default.
}
