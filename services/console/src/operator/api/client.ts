/** The typed client of the operators' API. */
import createClient from 'openapi-react-query';
import { connect } from '~/api/connect';
import type { paths } from './schema.gen';

export const api = connect<paths>('operator-csrf');

export const $api = createClient(api);
