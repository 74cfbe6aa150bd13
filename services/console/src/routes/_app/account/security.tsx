import { createFileRoute } from '@tanstack/react-router';
import { Security } from '~/features/account/security/Security';

export const Route = createFileRoute('/_app/account/security')({ component: Security });
