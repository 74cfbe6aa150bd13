/** The typed client of an organisation's API. */
import createClient from 'openapi-react-query';
import { connect } from './connect';
import type { paths } from './schema.gen';

export const api = connect<paths>();

export const $api = createClient(api);
