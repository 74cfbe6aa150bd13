import { createFileRoute } from '@tanstack/react-router';
import { ConfirmEmail } from '~/features/identity/ConfirmEmail';

export const Route = createFileRoute('/confirm-email')({ component: ConfirmEmail });
