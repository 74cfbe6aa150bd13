import { QueryClient } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { dropSession } from './signIn';

it('drops what a session could see and keeps what anybody may', () => {
  const queryClient = new QueryClient();
  queryClient.setQueryData(['get', '/api/v1/me', {}], { email: 'wile@acme.example' });
  queryClient.setQueryData(['get', '/api/v1/organization', {}], { name: 'Acme' });
  dropSession(queryClient);
  expect(queryClient.getQueryData(['get', '/api/v1/me', {}])).toBeUndefined();
  expect(queryClient.getQueryData(['get', '/api/v1/organization', {}])).toEqual({ name: 'Acme' });
});
