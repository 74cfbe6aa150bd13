import { createFileRoute } from '@tanstack/react-router';
import { VerifyEmail } from '~/features/identity/VerifyEmail';

export const Route = createFileRoute('/verify-email')({ component: VerifyEmail });
