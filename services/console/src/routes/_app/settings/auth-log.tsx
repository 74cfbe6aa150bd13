import { createFileRoute } from '@tanstack/react-router';
import { AuthLog } from '~/features/authlog/AuthLog';
import { authLogSearch } from '~/features/authlog/search';

export const Route = createFileRoute('/_app/settings/auth-log')({
  validateSearch: authLogSearch,
  component: AuthLog,
});
