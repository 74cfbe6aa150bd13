/** The page's CSP nonce, for every style element made at run time. */
import { setNonce } from 'get-nonce';

/** Reads the property: browsers blank the attribute. */
export const cspNonce = (): string =>
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

// react-remove-scroll (inside Modal and Drawer) takes its nonce from here and nowhere else.
setNonce(cspNonce());
