import { createFileRoute } from '@tanstack/react-router';
import { RecoverOwnership } from '~/features/identity/RecoverOwnership';

export const Route = createFileRoute('/recovery')({ component: RecoverOwnership });
