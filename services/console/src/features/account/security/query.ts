/** What somebody has to prove who they are, as the page asks for it. */
import { $api } from '~/api/client';

export const passkeysQuery = $api.queryOptions('get', '/api/v1/me/passkeys');

export const securityQuery = $api.queryOptions('get', '/api/v1/me/security');
