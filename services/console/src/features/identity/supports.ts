/** Whether this browser has passkeys that speak JSON: everyone since spring 2025, on https or localhost. */
export const supportsPasskeys = (): boolean =>
  typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;
